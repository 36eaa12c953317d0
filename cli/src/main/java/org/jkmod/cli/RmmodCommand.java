package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelException;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.ModuleTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jkmod rmmod}. */
@Command(
        name = "rmmod",
        mixinStandardHelpOptions = true,
        header = "Unload modules from the simulated kernel.",
        description = "Says nothing of modules that are unloaded, and a line of each that is not.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod rmmod jkmod_stat jkmod_echo",
            "  jkmod rmmod ./jkmod-ring.ko",
            "  jkmod rmmod --force jkmod_ring"
        })
final class RmmodCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(
            arity = "1..*",
            paramLabel = "NAME",
            description = "A module's name, spelled with '_' or '-', or the name of its file.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-f", "--force"},
            description =
                    "Unload modules that are in use or have no exit, too; only a kernel with CONFIG_MODULE_FORCE_UNLOAD"
                            + " does it, and is tainted then. Modules that others use stay in any case.")
    private boolean force;

    @Option(
            names = "--json",
            description = "Print an array of objects: name, and for a module that stays error, errno and errnoName.")
    private boolean json;

    @Mixin
    @SuppressWarnings("unused") // nothing comes of them
    private KmodOptions kmod = new KmodOptions();

    @Mixin
    private StateOption state = new StateOption();

    RmmodCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<Result> results = new ArrayList<>();
        Optional<SimulatedKernel> opened = SimulatedKernel.openToChange(state.in(environment), environment.clock());
        if (opened.isEmpty()) {
            names.stream()
                    .map(ModuleTree::moduleName)
                    .forEach(name -> results.add(complain(new Result(
                            name, "Module " + name + " is not currently loaded", Optional.of(Errno.ENOENT)))));
        } else {
            try (SimulatedKernel kernel = opened.get()) {
                for (String name : names) {
                    results.add(unload(kernel, ModuleTree.moduleName(name)));
                }
            }
        }
        if (json) {
            Json.print(environment.out(), to -> write(to, results));
        }
        return results.stream().allMatch(result -> result.errno().isEmpty()) ? Main.OK : Main.FAILED;
    }

    /** What became of a module: it is gone if there is no error. */
    private record Result(String name, String error, Optional<Errno> errno) {}

    private Result unload(SimulatedKernel kernel, String name) throws IOException {
        try {
            kernel.rmmod(name, force);
            return new Result(name, "", Optional.empty());
        } catch (KernelException e) {
            return complain(new Result(name, String.valueOf(e.getMessage()), Optional.of(e.errno())));
        }
    }

    private static void write(JsonWriter to, List<Result> results) throws IOException {
        to.beginArray();
        for (Result result : results) {
            to.beginObject();
            to.name("name").value(result.name());
            if (result.errno().isPresent()) {
                Errno errno = result.errno().get();
                to.name("error").value(result.error());
                to.name("errno").value(errno.number());
                to.name("errnoName").value(errno.name());
            }
            to.endObject();
        }
        to.endArray();
    }

    private Result complain(Result result) {
        environment.err().println("jkmod rmmod: " + PrintableText.of(result.error()));
        return result;
    }
}
