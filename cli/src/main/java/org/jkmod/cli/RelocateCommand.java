package org.jkmod.cli;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelObject;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.Relocator;
import org.jkmod.core.Relocator.RelocatedModule;
import org.jkmod.core.SectionAddresses;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.symtab.Kallsyms;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod relocate}: relocates modules to given addresses. */
@Command(
        name = "relocate",
        mixinStandardHelpOptions = true,
        description = {
            "Relocates modules to the addresses where a kernel has them, and writes what its memory then holds.",
            "Imports resolve to the kernel's symbols, then to exports of modules given before. Writes every allocated section to "
                    + "DIR/MODULE/SECTION, and prints a line MODULE sections N relocations R unresolved U unplaced P a module; "
                    + "unplaced are sections of which nothing tells where they are. "
                    + "What a kernel patches afterwards (alternatives, ftrace sites, ...) is not patched.",
            "Example: jkmod relocate --symbols kallsyms.txt --sections sections.txt --out memory fat.ko vfat.ko"
        })
final class RelocateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--symbols",
            required = true,
            paramLabel = "KALLSYMS",
            description = "The kernel's symbols, in the form of /proc/kallsyms.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path symbols;

    @Option(
            names = "--sections",
            required = true,
            paramLabel = "SECTIONS",
            description = {
                "Where the sections are: lines MODULE SECTION 0xADDRESS, as in /sys/module/MODULE/sections.",
                "A section without a line is placed by the layout of its memory."
            })
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path sections;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to write to.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path out;

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            defaultValue = "KERNEL",
            description = "Whose range checks: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RelocationPolicy policy;

    @Option(names = "--json", description = "Print a JSON object a module instead.")
    private boolean json;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE.ko",
            description = "The modules, those that export before those that import; .ko.gz, .ko.xz and .ko.zst too.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        Relocator relocator = new Relocator(Kallsyms.read(symbols), policy);
        SectionAddresses addresses = SectionAddresses.read(sections);
        PrintWriter text = spec.commandLine().getOut();
        List<String> unresolved = new ArrayList<>();
        for (Path file : files) {
            KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
            RelocatedModule module = relocator.relocate(object, addresses.of(object.name()));
            write(module, file);
            module.unresolved().forEach(symbol -> unresolved.add(module.name() + ": Unknown symbol " + symbol));
            text.println(json ? toJson(module) : toText(module));
        }
        text.flush();
        if (!unresolved.isEmpty()) {
            throw new IOException(String.join("; ", unresolved));
        }
        return 0;
    }

    private static String toText(RelocatedModule module) {
        return PrintableText.of(module.name()) + " sections "
                + module.sections().size() + " relocations "
                + module.relocations()
                + " unresolved " + module.unresolved().size() + " unplaced "
                + module.unplaced().size();
    }

    private static String toJson(RelocatedModule module) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("module", module.name());
        object.put("sections", module.sections().size());
        object.put("relocations", module.relocations());
        object.put("unresolved", module.unresolved());
        object.put("unplaced", module.unplaced());
        return new Gson().toJson(object);
    }

    private void write(RelocatedModule module, Path file) throws IOException {
        Path folder = out.resolve(fileName(module.name(), file));
        Files.createDirectories(folder);
        for (Map.Entry<String, ByteBuffer> section : module.sections().entrySet()) {
            Path to = folder.resolve(fileName(section.getKey(), file));
            try (FileChannel channel = FileChannel.open(
                    to,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    LinkOption.NOFOLLOW_LINKS)) {
                ByteBuffer bytes = section.getValue().duplicate();
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        }
    }

    /** Names come from the module's file, which may be anybody's: none may lead out of the folder. */
    private static String fileName(String name, Path file) throws IOException {
        if (name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw new IOException(file + ": '" + name + "' is no name for a file");
        }
        return name;
    }
}
