package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jkmod.core.Architecture;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.ModuleMemory;
import org.jkmod.core.ModuleUse;
import org.jkmod.core.Problem;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModuleFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jkmod insmod}. */
@Command(
        name = "insmod",
        mixinStandardHelpOptions = true,
        header = "Load a module into the simulated kernel.",
        description = {
            "Says nothing if the kernel takes the module. If no kernel was booted, boots the one that comes with jkmod"
                    + " for the module's architecture."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod insmod ./jkmod_ring.ko size=1024", "  jkmod insmod --json ./driver.ko.xz"})
final class InsmodCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "The module: a .ko file, plain or compressed with gzip, xz or zstd.")
    private Path file = Path.of("");

    @Parameters(index = "1..*", paramLabel = "PARAM=VALUE", description = "Parameters of the module.")
    private List<String> parameters = new ArrayList<>();

    @Option(
            names = "--json",
            description =
                    "Print an object: name, file, size, references, users, state, address, taints as lsmod --json; uses"
                            + " (names), relocations (how many were applied), memory (of type, base, size) and sections (of"
                            + " name, memory, address, size). If the kernel refuses it: file, module and error, with kind, errno,"
                            + " errnoName, message, meaning and remedy.")
    private boolean json;

    @Option(
            names = {"-f", "--force"},
            description = "As --force-vermagic and --force-modversion together.")
    private boolean force;

    @Option(
            names = "--force-vermagic",
            description = "Tell the kernel to ignore the version magic; it is tainted then, and may refuse"
                    + " (CONFIG_MODULE_FORCE_LOAD).")
    private boolean forceVermagic;

    @Option(names = "--force-modversion", description = "Tell the kernel to ignore the versions of symbols; so, too.")
    private boolean forceModversion;

    @Mixin
    @SuppressWarnings("unused") // nothing comes of them
    private KmodOptions kmod = new KmodOptions();

    @Mixin
    private StateOption state = new StateOption();

    InsmodCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        try {
            byte[] bytes = read();
            if (bytes.length == 0) {
                // EINVAL, as kmod says it; of which kernel does not matter
                throw new Failure(couldNot("Invalid parameters: the file is empty"));
            }
            Architecture architecture = architecture(bytes);
            try (SimulatedKernel kernel = SimulatedKernel.openOrBoot(
                    state.in(environment), environment.clock(), BootCommand.embedded(architecture))) {
                KernelModule module = kernel.insmod(fileName(), bytes, options());
                if (json) {
                    Json.print(environment.out(), to -> write(to, module));
                }
            }
            return Main.OK;
        } catch (ModuleLoadException e) {
            if (json) {
                Json.print(environment.out(), to -> write(to, e));
            }
            throw new Failure(couldNot(reason(e) + ": " + e.getMessage()), e);
        } catch (MalformedInputException e) {
            throw new Failure(couldNot("Invalid module format: " + e.getMessage()), e);
        }
    }

    private LoadOptions options() {
        return new LoadOptions(String.join(" ", parameters), force || forceVermagic, force || forceModversion);
    }

    private String couldNot(String why) {
        return "could not insert module " + file + ": " + why;
    }

    private String fileName() {
        return String.valueOf(file.getFileName());
    }

    private byte[] read() throws Failure {
        if (Files.isDirectory(file)) {
            throw new Failure("could not load module " + file + ": Is a directory");
        }
        try {
            return ModuleFile.read(file);
        } catch (IOException e) {
            throw new Failure("could not load module " + file + ": " + Failure.reason(e), e);
        }
    }

    private Architecture architecture(byte[] bytes) throws Failure {
        int machine = KernelObject.parse(bytes, fileName()).elf().machine();
        return Architecture.ofMachine(machine)
                .orElseThrow(() -> new Failure(couldNot("no architecture with e_machine " + machine)));
    }

    /** What kmod says of an error number: its insmod has words of its own for some. */
    private static String reason(ModuleLoadException e) {
        Problem problem = e.problem();
        Errno errno = e.errno();
        return switch (errno) {
            case ENOEXEC -> "Invalid module format";
            case ENOENT -> "Unknown symbol in module";
            case EINVAL -> problem.kind() == Problem.Kind.PARAMETER ? "Invalid parameters" : errno.description();
            default -> errno.description();
        };
    }

    private void write(JsonWriter to, KernelModule module) throws IOException {
        to.beginObject();
        to.name("file").value(file.toString());
        LsmodCommand.writeFields(to, module);
        to.name("uses").beginArray();
        for (ModuleUse use : module.uses()) {
            to.value(use.target().name());
        }
        to.endArray();
        to.name("relocations").value(module.relocations());
        to.name("memory");
        writeMemory(to, module.memory().values());
        to.name("sections").beginArray();
        for (KernelModule.LoadedSection section : module.sections()) {
            to.beginObject();
            to.name("name").value(section.name());
            to.name("memory").value(section.memory().shown());
            to.name("address").value(Json.address(section.address()));
            to.name("size").value(section.size());
            to.endObject();
        }
        to.endArray();
        to.endObject();
    }

    /** An array of pieces of memory. */
    static void writeMemory(JsonWriter to, Iterable<ModuleMemory> memory) throws IOException {
        to.beginArray();
        for (ModuleMemory piece : memory) {
            to.beginObject();
            to.name("type").value(piece.type().shown());
            to.name("base").value(Json.address(piece.base()));
            to.name("size").value(piece.size());
            to.endObject();
        }
        to.endArray();
    }

    private void write(JsonWriter to, ModuleLoadException e) throws IOException {
        to.beginObject();
        to.name("file").value(file.toString());
        to.name("module").value(e.module());
        to.name("error");
        writeProblem(to, e.problem());
        to.endObject();
    }

    /** Why a kernel refuses a module, as an object. */
    static void writeProblem(JsonWriter to, Problem problem) throws IOException {
        to.beginObject();
        to.name("kind").value(problem.kind().name());
        Errno errno = problem.errno().orElse(null);
        if (errno != null) {
            to.name("errno").value(errno.number());
            to.name("errnoName").value(errno.name());
        }
        to.name("message").value(problem.message());
        to.name("meaning").value(problem.meaning());
        to.name("remedy").value(problem.remedy());
        to.endObject();
    }
}
