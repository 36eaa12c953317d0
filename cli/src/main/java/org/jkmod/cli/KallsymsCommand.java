package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelModule;
import org.jkmod.elf.PrintableText;
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
    /** A line's parts: names may hold anything, blanks and tabs included. */
    private record Row(String address, String type, String name, Optional<String> module) {
        /** Where things are in a line: 16 digits, a space, the type, a space. */
        private static final int TYPE = 17;

        private static final int NAME = 19;

        static Row of(String line, List<String> modules) {
            Optional<String> module =
                    modules.stream().filter(m -> line.endsWith("\t[" + m + "]")).findFirst();
            int end = line.length() - module.map(m -> m.length() + 3).orElse(0);
            return new Row(
                    line.substring(0, TYPE - 1), line.substring(TYPE, TYPE + 1), line.substring(NAME, end), module);
        }

        @Override
        public String toString() {
            return address + " " + type + " " + PrintableText.of(name)
                    + module.map(m -> "\t[" + PrintableText.of(m) + "]").orElse("");
        }
    }

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
        List<Row> rows = List.of();
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state.in(environment), environment.clock());
        if (opened.isPresent()) {
            try (SimulatedKernel kernel = opened.get()) {
                List<String> modules = kernel.kernel().modules().stream()
                        .map(KernelModule::name)
                        .toList();
                rows = kernel.kernel().kallsyms().stream()
                        .map(line -> Row.of(line, modules))
                        .toList();
            }
        }
        if (json) {
            List<Row> shown = rows;
            Json.print(environment.out(), to -> write(to, shown));
        } else {
            rows.forEach(environment.out()::println);
        }
        return Main.OK;
    }

    private static void write(JsonWriter to, List<Row> rows) throws IOException {
        to.beginArray();
        for (Row row : rows) {
            to.beginObject();
            to.name("address").value("0x" + row.address());
            to.name("type").value(row.type());
            to.name("name").value(row.name());
            to.name("module").value(row.module().orElse(""));
            to.endObject();
        }
        to.endArray();
    }
}
