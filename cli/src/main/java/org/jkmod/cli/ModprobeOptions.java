package org.jkmod.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.elf.InputFile;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.ConfigDirectories;
import org.jkmod.kmod.Modprobe;
import org.jkmod.kmod.ModprobeConfig;
import org.jkmod.kmod.ModuleFilter;
import org.jkmod.kmod.Sysroot;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of all commands that find modules as modprobe does: where the modules and the configuration are, and which modules may be. */
final class ModprobeOptions {
    /** The kernel gives at most 4096 bytes of it. */
    private static final int MAX_COMMAND_LINE = 1 << 16;

    @Option(
            names = "--sysroot",
            paramLabel = "DIR",
            description = "The root file system: for modprobe.d and its like, and for the modules if there is no -d.")
    private @Nullable Path sysroot;

    @Option(
            names = {"-d", "--dirname", "--root"},
            paramLabel = "DIR",
            description = "The root file system of the modules alone: DIR/lib/modules/REL.")
    private @Nullable String dirname;

    @Option(
            names = {"-S", "--set-version", "--release"},
            paramLabel = "REL",
            description = "The kernel's release. Default: that of the running kernel.")
    private @Nullable String release;

    @Option(
            names = {"-C", "--config"},
            paramLabel = "PATH",
            description = "A file or folder of configuration, instead of the usual folders; may be repeated.")
    private List<String> configs = new ArrayList<>();

    @Option(
            names = "--cmdline",
            paramLabel = "TEXT",
            description =
                    "The kernel command line, whose MODULE.PARAMETER=VALUE and modprobe.blacklist=MODULE count: the text itself,"
                            + " a file (a path that begins with / or ./), or 'host' for that of the running kernel. Default: none.")
    private String commandLine = "";

    @Option(
            names = "--compat",
            paramLabel = "30|34",
            defaultValue = "34",
            description = "Which kmod to follow where they differ. Default: ${DEFAULT-VALUE}.")
    private int compat;

    @Option(
            names = "--merge-softdeps",
            description =
                    "All softdep lines that match a module add up, the kernel's and yours; in kmod only the first counts.")
    private boolean mergeSoftdeps;

    @Option(
            names = "--deny",
            split = ",",
            converter = PatternConverter.class,
            paramLabel = "GLOB",
            description =
                    "Never load these modules, not as dependencies either: what cannot do without them is an error that says how"
                            + " it leads to them; may be repeated.")
    private List<String> deny = new ArrayList<>();

    @Option(
            names = "--allow",
            split = ",",
            converter = PatternConverter.class,
            paramLabel = "GLOB",
            description = "Load only these modules, and of these none that --deny names; may be repeated.")
    private List<String> allow = new ArrayList<>();

    /** Where configuration is looked for. */
    Sysroot sysroot() {
        return sysroot == null ? Sysroot.host() : Sysroot.of(sysroot);
    }

    /** The root file system of the modules. */
    Path root() {
        return dirname == null ? sysroot().root() : Path.of(dirname).toAbsolutePath();
    }

    /** The kernel's release. */
    String release() throws Failure {
        String name = release == null ? System.getProperty("os.version", "") : release;
        if (name.isEmpty() || name.contains("/") || name.equals("..") || name.equals(".")) {
            throw new Failure("'" + name + "' is no kernel's release");
        }
        return name;
    }

    /** Which kmod is followed. */
    Compat compat() throws Failure {
        return switch (compat) {
            case 30 -> Compat.KMOD_30;
            case 34 -> Compat.KMOD_34;
            default -> throw new Failure("--compat must be 30 or 34, and is " + compat);
        };
    }

    /** The kernel command line. */
    String commandLine() throws IOException {
        String file = commandLine.equals("host") ? "/proc/cmdline" : commandLine;
        return file.startsWith("/") || file.startsWith("./")
                ? new String(
                        InputFile.read(Path.of(file), MAX_COMMAND_LINE, "a kernel command line"),
                        StandardCharsets.ISO_8859_1)
                : ByteStrings.of(commandLine);
    }

    /** modprobe for these modules and this configuration. */
    Modprobe modprobe() throws IOException, Failure {
        String inside = "/lib/modules/" + release();
        Sysroot of = Sysroot.of(root());
        Path folder = of.resolve(inside);
        if (!Files.isDirectory(folder)) {
            Path other = of.resolve("/usr" + inside);
            folder = Files.isDirectory(other) ? other : folder;
        }
        List<ConfigDirectories.Source> sources = configs.isEmpty()
                ? ConfigDirectories.sources(sysroot(), ConfigDirectories.of("modprobe.d", compat()), compat())
                : ConfigDirectories.sources(Sysroot.host(), absolute(configs), compat());
        ModprobeConfig config = ModprobeConfig.read(sources, of, folder, commandLine(), compat());
        return Modprobe.builder(folder, config)
                .sysroot(of)
                .shownFolder(ByteStrings.of(shown() + inside))
                .compat(compat())
                .filter(ModuleFilter.of(bytes(allow), bytes(deny)))
                .mergeSoftdeps(mergeSoftdeps)
                .build();
    }

    /** The modules' root as modprobe prints it: as it was given, but absolute. */
    private String shown() {
        if (dirname == null) {
            return sysroot == null ? "" : sysroot().root().toString();
        }
        return dirname.isEmpty() || dirname.startsWith("/")
                ? dirname
                : Path.of("").toAbsolutePath() + "/" + dirname;
    }

    private static List<String> absolute(List<String> paths) {
        return paths.stream()
                .map(path -> Path.of(path).toAbsolutePath().toString())
                .toList();
    }

    private static List<String> bytes(List<String> arguments) {
        return arguments.stream().map(ByteStrings::of).toList();
    }
}
