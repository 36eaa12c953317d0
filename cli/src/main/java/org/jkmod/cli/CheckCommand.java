package org.jkmod.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.Architecture;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.kmod.CheckMatrix;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.RootProfile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod check}. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Say whether modules load into kernels, and if not, why.",
        description = {
            "Nothing is loaded: each module is judged by itself, by every kernel. Without --profile and --root, the kernel is"
                    + " the one that comes with jkmod for the module's architecture.",
            "Tells of one module and one kernel what the kernel prints and everything that is wrong; of more a table, and"
                    + " below it what is wrong, the most frequent first. The exit status is 0 if all modules load into"
                    + " all kernels, 1 if not."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod check ./driver.ko",
            "  jkmod check --root / --release \"$(uname -r)\" --params 'debug=1' driver.ko",
            "  jkmod check --profile a.profile --profile b.profile --junit out.xml modules/"
        })
final class CheckCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "Modules: .ko, plain or compressed with gzip, xz or zstd; of a folder, all below it.")
    private List<Path> files = new ArrayList<>();

    // Not groups of arguments: picocli 4.7 takes a second --root for one too many.
    @Option(
            names = "--profile",
            paramLabel = "FILE",
            description = "A kernel's profile, as jkmod profile writes it; may be repeated.")
    private List<Path> profiles = new ArrayList<>();

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description =
                    "A root file system with a kernel's modules, Module.symvers and configuration; may be repeated,"
                            + " each with its --release.")
    private List<Path> roots = new ArrayList<>();

    @Option(names = "--release", paramLabel = "REL", description = "Which kernel of that root.")
    private List<String> releases = new ArrayList<>();

    @Option(
            names = "--loaded",
            paramLabel = "FILE.ko",
            description = "A module that is loaded before, as one that exports what FILE imports; may be repeated.")
    private List<Path> loaded = new ArrayList<>();

    @Option(
            names = "--params",
            paramLabel = "'A=1 B=2'",
            description = "The modules' parameters, as insmod(8) passes them.")
    private String parameters = "";

    @Option(names = "--cmdline", paramLabel = "'...'", description = "The kernels' command line.")
    private String commandLine = "";

    @Option(names = "--force-vermagic", description = "As modprobe(8): ignore the version magic.")
    private boolean forceVermagic;

    @Option(names = "--force-modversion", description = "As modprobe(8): ignore the symbols' checksums.")
    private boolean forceModversion;

    @Option(
            names = "--json",
            description =
                    "Print an object a line for each file and kernel instead: file, release, arch, loads, errno (OK if it"
                            + " loads), messages, taints (letters), problems (of kind, errno, message, meaning, remedy), tainted,"
                            + " unknown.")
    private boolean json;

    @Option(
            names = "--junit",
            paramLabel = "FILE",
            description = "Write JUnit XML as well: a test suite a kernel, a test case a file.")
    private @Nullable Path junit;

    @Option(names = "--jobs", paramLabel = "N", description = "How many threads (default: one a processor).")
    private int jobs = Runtime.getRuntime().availableProcessors();

    /** What to load before, once it is read. */
    private final List<KernelObject> before = new ArrayList<>();

    private final Map<Architecture, List<Kernel>> embedded = new HashMap<>();

    CheckCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        if (jobs < 1 || jobs > 1024) {
            throw new ParameterException(spec.commandLine(), "--jobs must be from 1 to 1024");
        }
        if (roots.size() != releases.size()) {
            throw new ParameterException(
                    spec.commandLine(), "each --root needs a --release, and each --release a --root");
        }
        for (Path file : loaded) {
            before.add(KernelObject.unchecked(ModuleFile.read(file), file.toString()));
        }
        List<Path> all = allFiles();
        List<Kernel> kernels = new ArrayList<>();
        for (Path profile : profiles) {
            kernels.add(boot(SimulatedKernel.SavedProfile.of(profile).read()));
        }
        for (int i = 0; i < roots.size(); i++) {
            kernels.add(boot(RootProfile.of(roots.get(i), releases.get(i), Optional.empty())));
        }
        LoadOptions options = new LoadOptions(parameters, forceVermagic, forceModversion);
        boolean single = all.size() == 1 && kernels.size() <= 1;
        CheckReport report = json
                ? new CheckJson(environment.out())
                : single ? new CheckText(environment.out()) : new CheckTable(environment.out());
        try (JunitReport xml = junit == null ? null : new JunitReport(junit)) {
            List<CheckReport> reports = xml == null ? List.of(report) : List.of(report, xml);
            return run(all, bytes -> kernels.isEmpty() ? embedded(bytes) : kernels, options, reports);
        }
    }

    private int run(List<Path> all, CheckMatrix.Kernels kernels, LoadOptions options, List<CheckReport> reports)
            throws IOException {
        ProgressBar bar = new ProgressBar(all.size());
        int[] done = new int[1];
        boolean[] failed = new boolean[1];
        try {
            CheckMatrix.run(all, kernels, options, Math.min(jobs, all.size()), row -> {
                failed[0] |= !row.loads();
                if (row.fault().isPresent()) {
                    bar.clear();
                    environment.err().println("jkmod check: " + CheckReport.fault(row));
                }
                for (CheckReport report : reports) {
                    report.add(row);
                }
                // Objects that are printed to the same terminal and the bar would be in each other's way.
                if (!json || !Boolean.getBoolean("jkmod.terminal.out")) {
                    bar.show(++done[0]);
                }
            });
        } finally {
            bar.clear();
        }
        for (CheckReport report : reports) {
            report.end();
        }
        return failed[0] ? Main.FAILED : Main.OK;
    }

    /** The files that were named, and those in the folders that were. */
    private List<Path> allFiles() throws IOException, Failure {
        List<Path> all = new ArrayList<>();
        for (Path file : files) {
            if (Files.isDirectory(file)) {
                List<Path> below = ModuleTree.files(file);
                if (below.isEmpty()) {
                    throw new Failure(file + ": no modules below it");
                }
                all.addAll(below);
            } else {
                all.add(file);
            }
        }
        return all;
    }

    /** The kernel that comes with the architecture that a file is for; of a file that tells none, with x86_64. */
    private List<Kernel> embedded(byte[] bytes) throws IOException {
        Architecture architecture = machine(bytes)
                .flatMap(Architecture::ofMachine)
                .or(() -> Architecture.named("x86_64"))
                .orElseThrow();
        synchronized (embedded) {
            List<Kernel> kernel = embedded.get(architecture);
            if (kernel == null) {
                kernel = List.of(boot(profile(architecture)));
                embedded.put(architecture, kernel);
            }
            return kernel;
        }
    }

    private static KernelProfile profile(Architecture architecture) throws IOException {
        try {
            return KernelProfile.embedded(architecture);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** {@code e_machine}, of whatever begins as an ELF file does. */
    private static Optional<Integer> machine(byte[] bytes) {
        if (bytes.length < 20 || bytes[0] != 0x7f || bytes[1] != 'E' || bytes[2] != 'L' || bytes[3] != 'F') {
            return Optional.empty();
        }
        ByteOrder order = bytes[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return Optional.of(
                Short.toUnsignedInt(ByteBuffer.wrap(bytes).order(order).getShort(18)));
    }

    private Kernel boot(KernelProfile profile) throws IOException {
        Kernel kernel = Kernel.boot(profile, BootOptions.DEFAULT.withCommandLine(commandLine));
        for (KernelObject object : before) {
            try {
                kernel.load(object);
            } catch (ModuleLoadException e) {
                throw new IOException(
                        object + ": does not load into " + profile.release() + ": " + e.errno() + ": " + e.getMessage(),
                        e);
            }
        }
        return kernel;
    }
}
