package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.FirmwareDirectories;
import org.jkmod.kmod.FirmwareDirectories.FirmwareFile;
import org.jkmod.kmod.ModuleClosure;
import org.jkmod.kmod.ModuleFilter;
import org.jkmod.kmod.ModuleTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jkmod closure}. */
@Command(
        name = "closure",
        mixinStandardHelpOptions = true,
        header = "Show all that an initramfs needs for modules.",
        description = {
            "Modules with all that they depend on, hard, softly and weakly, in the order in which they are loaded, and the firmware that"
                    + " they ask for. A line each: 'insmod FILE', 'builtin NAME', 'firmware FILE', 'link FILE TARGET' for firmware that is a"
                    + " symbolic link, 'missing NAME of MODULE...' for firmware that is not there.",
            "Links stay inside of the root. Nothing of the host is read but what is below DIR."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod closure ext4 nvme virtio_blk",
            "  jkmod closure --root ./image --release 6.12.107+deb13-amd64 iwlwifi --firmware ./linux-firmware",
            "  jkmod closure --root ./image --files -0 btrfs | cpio -o0H newc",
            "  jkmod closure --deny 'nvidia*' --no-weakdep $(cat /sys/bus/pci/devices/*/modalias)"
        })
final class ClosureCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = NamedModules.HELP)
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--firmware",
            paramLabel = "DIR",
            description =
                    "Look for firmware here, and not in lib/firmware of the root; may be given more than once. As in lib/firmware,"
                            + " DIR/updates/REL, DIR/updates and DIR/REL come first, and .zst and .xz files last.")
    private List<Path> firmware = new ArrayList<>();

    @Option(names = "--no-firmware", description = "Leave firmware out; no module is read then.")
    private boolean noFirmware;

    @Option(names = "--no-softdep", description = "Leave out what only soft dependencies name.")
    private boolean noSoftdep;

    @Option(names = "--no-weakdep", description = "Leave out what only weak dependencies name.")
    private boolean noWeakdep;

    @Option(
            names = "--deny",
            paramLabel = "PATTERN",
            split = ",",
            converter = PatternConverter.class,
            description =
                    "Leave out modules with such names (* and ? stand for anything), and fail if a module depends on one.")
    private List<String> deny = new ArrayList<>();

    @Option(
            names = "--allow",
            paramLabel = "PATTERN",
            split = ",",
            converter = PatternConverter.class,
            description = "Leave out all modules but those with such names, and fail if a module depends on another.")
    private List<String> allow = new ArrayList<>();

    @Option(names = "--files", description = "Print the paths of files only: modules, then firmware.")
    private boolean files;

    @Option(
            names = {"-0", "--null"},
            description = "As --files, with a NUL after each path and not a newline.")
    private boolean nul;

    @Option(
            names = "--json",
            description =
                    "Print an object: modules (name, file, why: asked, depends, pre, post or weak, by), builtins (names), absent and"
                            + " leftOut (soft and weak dependencies: source, target, kind) and firmware (name, modules, files of path and target).")
    private boolean json;

    @Mixin
    private GraphOptions options = new GraphOptions();

    ClosureCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        ModuleTree modules = options.open();
        NamedModules named = NamedModules.find(options, modules, names);
        ModuleClosure closure = ModuleClosure.of(
                named.graph(), modules, named.names(), kinds(), ModuleFilter.of(allow, deny), directories(modules));
        if (json) {
            Json.print(environment.out(), to -> write(to, closure));
        } else if (files || nul) {
            printFiles(closure);
        } else {
            printLines(closure);
        }
        return Main.OK;
    }

    private Set<Kind> kinds() {
        EnumSet<Kind> kinds = EnumSet.allOf(Kind.class);
        if (noSoftdep) {
            kinds.removeAll(EnumSet.of(Kind.SOFTDEP_PRE, Kind.SOFTDEP_POST));
        }
        if (noWeakdep) {
            kinds.remove(Kind.WEAKDEP);
        }
        return kinds;
    }

    private Optional<FirmwareDirectories> directories(ModuleTree modules) {
        if (noFirmware) {
            return Optional.empty();
        }
        return Optional.of(
                firmware.isEmpty()
                        ? FirmwareDirectories.of(options.sysroot(), modules.release())
                        : FirmwareDirectories.of(options.sysroot(), modules.release(), firmware));
    }

    private void printFiles(ModuleClosure closure) {
        Set<Path> paths = new LinkedHashSet<>();
        closure.modules().forEach(module -> paths.add(module.file()));
        for (ModuleClosure.Firmware wanted : closure.firmware()) {
            for (FirmwareFile file : wanted.files()) {
                paths.add(file.path());
                paths.add(file.target());
            }
        }
        PrintStream out = environment.out();
        // names of files are bytes, which the JDK has as texts in this encoding
        Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        for (Path path : paths) {
            byte[] bytes = path.toString().getBytes(charset);
            out.write(bytes, 0, bytes.length);
            out.write(nul ? 0 : '\n');
        }
    }

    private void printLines(ModuleClosure closure) {
        closure.builtins().forEach(name -> print("builtin " + name));
        closure.modules().forEach(module -> print("insmod " + module.file()));
        Set<String> lines = new LinkedHashSet<>();
        for (ModuleClosure.Firmware wanted : closure.firmware()) {
            for (FirmwareFile file : wanted.files()) {
                lines.add(
                        file.path().equals(file.target())
                                ? "firmware " + file.path()
                                : "link " + file.path() + " " + file.target());
            }
            if (wanted.isMissing()) {
                lines.add("missing " + wanted.name() + " of " + String.join(" ", wanted.modules()));
            }
        }
        lines.forEach(this::print);
    }

    private void print(String line) {
        environment.out().println(PrintableText.of(line));
    }

    private static void write(JsonWriter to, ModuleClosure closure) throws IOException {
        to.beginObject();
        to.name("modules").beginArray();
        for (ModuleClosure.Module module : closure.modules()) {
            to.beginObject();
            to.name("name").value(module.name());
            to.name("file").value(module.file().toString());
            to.name("why").value(module.why().map(Kind::shown).orElse("asked"));
            to.name("by").value(module.by());
            to.endObject();
        }
        to.endArray();
        writeNames(to.name("builtins"), closure.builtins());
        write(to.name("absent"), closure.absent());
        write(to.name("leftOut"), closure.leftOut());
        to.name("firmware").beginArray();
        for (ModuleClosure.Firmware wanted : closure.firmware()) {
            to.beginObject();
            to.name("name").value(wanted.name());
            writeNames(to.name("modules"), wanted.modules());
            to.name("files").beginArray();
            for (FirmwareFile file : wanted.files()) {
                to.beginObject();
                to.name("path").value(file.path().toString());
                to.name("target").value(file.target().toString());
                to.endObject();
            }
            to.endArray();
            to.endObject();
        }
        to.endArray();
        to.endObject();
    }

    private static void writeNames(JsonWriter to, List<String> names) throws IOException {
        to.beginArray();
        for (String name : names) {
            to.value(name);
        }
        to.endArray();
    }

    private static void write(JsonWriter to, List<Dependency> edges) throws IOException {
        to.beginArray();
        for (Dependency edge : edges) {
            DependsCommand.write(to, edge);
        }
        to.endArray();
    }
}
