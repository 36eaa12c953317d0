package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelModule;
import org.jkmod.core.Taint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod lsmod}. */
@Command(
        name = "lsmod",
        mixinStandardHelpOptions = true,
        header = "Show the modules of the simulated kernel.",
        description = "As kmod's lsmod: the module loaded last comes first.",
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod lsmod", "  jkmod lsmod --json | jq -r '.[].name'"})
final class LsmodCommand implements Callable<Integer> {
    /** What kmod's lsmod prints first. */
    static final String HEADER = "Module                  Size  Used by";

    private final Environment environment;

    @Option(
            names = "--json",
            description =
                    "Print an array of objects: name, size (bytes), references, users (names), state (Live), address"
                            + " (where its code begins), taints (their letters).")
    private boolean json;

    @Mixin
    @SuppressWarnings("unused") // nothing comes of them
    private KmodOptions kmod = new KmodOptions();

    @Mixin
    private StateOption state = new StateOption();

    LsmodCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<KernelModule> modules = List.of();
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state.in(environment), environment.clock());
        if (opened.isPresent()) {
            try (SimulatedKernel kernel = opened.get()) {
                modules = kernel.kernel().modules();
            }
        }
        if (json) {
            List<KernelModule> shown = modules;
            Json.print(environment.out(), to -> write(to, shown));
        } else {
            environment.out().println(HEADER);
            modules.forEach(module -> environment.out().println(line(module)));
        }
        return Main.OK;
    }

    /** A module's line, as kmod's lsmod has it. */
    static String line(KernelModule module) {
        String users = String.join(",", module.holders());
        return String.format(Locale.ROOT, "%-19s %8d  %d", module.name(), module.size(), module.references())
                + (users.isEmpty() ? "" : " " + users);
    }

    /** An array of modules. */
    static void write(JsonWriter to, List<KernelModule> modules) throws IOException {
        to.beginArray();
        for (KernelModule module : modules) {
            to.beginObject();
            writeFields(to, module);
            to.endObject();
        }
        to.endArray();
    }

    /** What lsmod says of a module, as names and values. */
    static void writeFields(JsonWriter to, KernelModule module) throws IOException {
        to.name("name").value(module.name());
        to.name("size").value(module.size());
        to.name("references").value(module.references());
        to.name("users").beginArray();
        for (String user : module.holders()) {
            to.value(user);
        }
        to.endArray();
        to.name("state").value(module.state().shown());
        to.name("address").value(Json.address(module.address()));
        StringBuilder taints = new StringBuilder();
        module.taints().stream().sorted().map(Taint::letter).forEach(taints::append);
        to.name("taints").value(taints.toString());
    }
}
