package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.StaticNodes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod static-nodes}. */
@Command(
        name = "static-nodes",
        mixinStandardHelpOptions = true,
        header = "Show the device nodes that load their modules when they are opened.",
        description = "As kmod's static-nodes: from modules.devname, which depmod writes.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod static-nodes --root ./image",
            "  jkmod static-nodes --root ./image -f tmpfiles -o ./image/run/tmpfiles.d/static-nodes.conf"
        })
final class StaticNodesCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description =
                    "human, tmpfiles (for systemd-tmpfiles; see tmpfiles.d(5)) or devname (as modules.devname). Default: human.")
    private StaticNodes.Format format = StaticNodes.Format.HUMAN;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write to FILE, and make the folders that it lies in.")
    private @Nullable Path output;

    @Option(
            names = "--json",
            description =
                    "Print an array of objects: module, device (below /dev), type (character, block), major, minor.")
    private boolean json;

    @Mixin
    private TreeOption tree = new TreeOption();

    StaticNodesCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        String release = tree.release();
        Path file = tree.sysroot().resolve("/lib/modules/" + release + "/modules.devname");
        if (!Files.exists(file)) {
            file = tree.sysroot().resolve("/usr/lib/modules/" + release + "/modules.devname");
        }
        if (!Files.exists(file)) {
            // as kmod: a kernel need not have any
            environment
                    .err()
                    .println("jkmod static-nodes: no modules.devname of " + PrintableText.of(release) + ": ignored");
            if (json) {
                environment.out().println("[]");
            }
            return Main.OK;
        }
        StaticNodes found = StaticNodes.read(file);
        write(found);
        for (String line : found.invalid()) {
            environment.err().println("jkmod static-nodes: invalid devname entry: " + PrintableText.of(line));
        }
        return found.invalid().isEmpty() ? Main.OK : Main.FAILED;
    }

    private void write(StaticNodes found) throws IOException {
        if (json) {
            Json.print(environment.out(), to -> {
                to.beginArray();
                for (StaticNodes.Node node : found.nodes()) {
                    to.beginObject();
                    to.name("module").value(node.module());
                    to.name("device").value(node.device());
                    to.name("type").value(node.isBlock() ? "block" : "character");
                    to.name("major").value(node.major());
                    to.name("minor").value(node.minor());
                    to.endObject();
                }
                to.endArray();
            });
            return;
        }
        byte[] text = found.text(format);
        Path to = output;
        if (to == null) {
            environment.out().write(text, 0, text.length);
            return;
        }
        Path folder = to.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        OutputFile.write(to, out -> out.write(text));
    }
}
