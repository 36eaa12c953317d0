package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod kallsyms}. */
@Command(
        name = "kallsyms",
        mixinStandardHelpOptions = true,
        header = "Show the symbols of the simulated kernel, as /proc/kallsyms does.",
        description = "The kernel's own only if their addresses are known (boot --root finds them in a System.map).",
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod kallsyms | grep 'jkmod_ring]$'", "  jkmod kallsyms --json"})
final class KallsymsCommand implements Callable<Integer> {
    /** Where things are in a line: 16 digits, a space, the type, a space. */
    private static final int TYPE = 17;

    private static final int NAME = 19;

    private final Environment environment;

    @Option(
            names = "--json",
            description = "Print an array of objects: address, type, name, module (empty for the kernel itself).")
    private boolean json;

    @Mixin
    private StateOption state = new StateOption();

    KallsymsCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<String> lines = List.of();
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state.in(environment), environment.clock());
        if (opened.isPresent()) {
            try (SimulatedKernel kernel = opened.get()) {
                lines = kernel.kernel().kallsyms();
            }
        }
        if (json) {
            List<String> shown = lines;
            Json.print(environment.out(), to -> write(to, shown));
        } else {
            lines.forEach(environment.out()::println);
        }
        return Main.OK;
    }

    private static void write(JsonWriter to, List<String> lines) throws IOException {
        to.beginArray();
        for (String line : lines) {
            int tab = line.lastIndexOf("\t[");
            to.beginObject();
            to.name("address").value("0x" + line.substring(0, TYPE - 1));
            to.name("type").value(line.substring(TYPE, TYPE + 1));
            to.name("name").value(line.substring(NAME, tab < 0 ? line.length() : tab));
            to.name("module").value(tab < 0 ? "" : line.substring(tab + 2, line.length() - 1));
            to.endObject();
        }
        to.endArray();
    }
}
