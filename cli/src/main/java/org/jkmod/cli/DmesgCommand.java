package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod dmesg}. */
@Command(
        name = "dmesg",
        mixinStandardHelpOptions = true,
        header = "Show what the simulated kernel has printed.",
        description = "Times are seconds since the kernel was booted.",
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod dmesg", "  jkmod dmesg --json"})
final class DmesgCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(
            names = "--json",
            description = "Print an array of objects: micros (since the boot), level (0 emergency to 7 debug), text.")
    private boolean json;

    @Mixin
    private StateOption state = new StateOption();

    DmesgCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<KernelLog.Line> lines = List.of();
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state.in(environment), environment.clock());
        if (opened.isPresent()) {
            try (SimulatedKernel kernel = opened.get()) {
                lines = kernel.kernel().log().lines();
            }
        }
        if (json) {
            List<KernelLog.Line> shown = lines;
            Json.print(environment.out(), to -> write(to, shown));
        } else {
            lines.forEach(environment.out()::println);
        }
        return Main.OK;
    }

    /** An array of messages. */
    static void write(JsonWriter to, List<KernelLog.Line> lines) throws IOException {
        to.beginArray();
        for (KernelLog.Line line : lines) {
            to.beginObject();
            to.name("micros").value(line.micros());
            to.name("level").value(line.level());
            to.name("text").value(line.text());
            to.endObject();
        }
        to.endArray();
    }
}
