package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.Depmod;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod depmod}. */
@Command(
        name = "depmod",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Make the files by which modprobe finds modules, as kmod's depmod does.",
        description = {
            "Reads all modules of a kernel and writes modules.dep, modules.alias, modules.symbols and the others, with"
                    + " their indexes (.bin), byte for byte what kmod writes: all of them, or, if something fails, none.",
            "Of the host only its kernel's release is used, where none is given: modules and depmod.d are those below the"
                    + " base directory."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod depmod --basedir rootfs 6.12.107+deb13-amd64",
            "  jkmod depmod -n -b rootfs 6.12.107+deb13-amd64 | grep ^kernel/fs",
            "  jkmod depmod -b rootfs -o out -e -E Module.symvers 6.12.107+deb13-amd64"
        })
final class DepmodCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "[RELEASE] [FILE]",
            description = "The kernel's release (default: the host's), and the modules to read instead of all, by their"
                    + " absolute paths.")
    private List<String> arguments = new ArrayList<>();

    @Option(
            names = {"-a", "--all"},
            description = "All modules: so it is anyway, without files.")
    @SuppressWarnings("unused") // kmod has it, and scripts say it
    private boolean all;

    @Option(
            names = {"-A", "--quick"},
            description = "Do nothing if no module is newer than modules.dep.")
    private boolean quick;

    @Option(
            names = {"-b", "--basedir"},
            paramLabel = "DIR",
            description = "The root of the file system (default: /).")
    private Path base = Path.of("/");

    @Option(
            names = {"-m", "--moduledir"},
            paramLabel = "DIR",
            description = "Where in it the modules are (default: /lib/modules, or else /usr/lib/modules).")
    private @Nullable String moduleDirectory;

    @Option(
            names = {"-o", "--outdir"},
            paramLabel = "DIR",
            description = "Write below this root instead.")
    private @Nullable Path output;

    @Option(
            names = {"-C", "--config"},
            paramLabel = "PATH",
            description = "Take this file, or the .conf of this directory, instead of depmod.d; may be repeated.")
    private List<Path> configuration = new ArrayList<>();

    @Option(
            names = {"-E", "--symvers"},
            paramLabel = "FILE",
            description = "Take the kernel's exports and their CRCs from a Module.symvers.")
    private @Nullable Path symvers;

    @Option(
            names = {"-F", "--filesyms"},
            paramLabel = "FILE",
            description = "Take the kernel's exports from a System.map.")
    private @Nullable Path systemMap;

    @Option(
            names = {"-e", "--errsyms"},
            description = "Tell of symbols that nobody exports and, with -E, of other CRCs.")
    private boolean reportSymbols;

    @Option(
            names = {"-n", "--show", "--dry-run"},
            description = "Write the text files to standard output, and nothing else.")
    private boolean show;

    @Option(
            names = {"-P", "--symbol-prefix"},
            paramLabel = "CHAR",
            description = "What the architecture puts before the names of symbols.")
    private @Nullable String prefix;

    @Option(
            names = {"-v", "--verbose"},
            description = "Print which symbol of which module is needed by which.")
    private boolean verbose;

    @Option(
            names = {"-w", "--warn"},
            description = "Tell of aliases that a module has more than once.")
    private boolean warnDuplicates;

    @Option(names = "--compat", paramLabel = "30|34", description = "Which kmod's files (default: 34).")
    private String compat = "34";

    @Option(
            names = "--cache",
            description = "Keep what was read in modules.jkmod-cache.bin, and read only changed modules the next time.")
    private boolean cache;

    @Option(names = "--jobs", paramLabel = "N", description = "How many threads (default: one a processor).")
    private int jobs;

    @Option(
            names = "--json",
            description =
                    "Print an object: folder, modulesRead, files (name, bytes; none with -A if nothing is newer), warnings,"
                            + " cycles (lists of names).")
    private boolean json;

    DepmodCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        DepmodRequest request = new DepmodRequest();
        request.arguments = arguments;
        request.quick = quick;
        request.base = base;
        request.moduleDirectory = moduleDirectory;
        request.output = output;
        request.configuration = configuration;
        request.symvers = symvers;
        request.systemMap = systemMap;
        request.reportSymbols = reportSymbols;
        request.show = show;
        request.verbose = verbose;
        request.warnDuplicates = warnDuplicates;
        request.compat = compat();
        request.cache = cache;
        request.json = json;
        if (!Depmod.isRelease(DepmodRequest.release(arguments))) {
            throw usage("'" + DepmodRequest.release(arguments) + "' is no kernel release, such as 6.12.107-amd64");
        }
        if (prefix != null && prefix.length() != 1) {
            throw usage("-P only takes a single character");
        }
        request.prefix = prefix;
        if (jobs != 0 && (jobs < 1 || jobs > 1024)) {
            throw usage("--jobs must be from 1 to 1024");
        }
        request.jobs = jobs;
        return request.run(environment);
    }

    private Compat compat() {
        return switch (compat) {
            case "30" -> Compat.KMOD_30;
            case "34" -> Compat.KMOD_34;
            default -> throw usage("--compat must be 30 or 34");
        };
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
