package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jkmod.core.LoadOptions;
import org.jkmod.kmod.Modaliases;
import org.jkmod.kmod.ModprobePlan;
import org.jkmod.kmod.ModprobeRequest;
import org.jkmod.kmod.ModprobeRequest.Flag;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod coldplug}. */
@Command(
        name = "coldplug",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Load the modules for a machine's devices, or show them.",
        description = {
            "As udev does it while a system boots: modprobe -b for the modalias of each device of a sysfs, or of a copy of one,"
                    + " in the order of their paths. A device that no module is for is no error; -v tells of it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod coldplug --sysfs /sys -D",
            "  jkmod coldplug --sysfs machine/sys --sysroot /mnt/image -S 6.12.107+deb13-amd64 -D --json"
        })
final class ColdplugCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(
            names = "--sysfs",
            required = true,
            paramLabel = "DIR",
            description = "The sysfs: a folder with a folder 'devices'.")
    private Path sysfs = Path.of("/sys");

    @Option(
            names = "--json",
            description =
                    "Print an array of objects instead: device, modalias, modules (names), and failed, steps and messages as"
                            + " modprobe --json.")
    private boolean json;

    @Mixin
    private ModuleRunner runner = new ModuleRunner();

    @Mixin
    private ModprobeOptions options = new ModprobeOptions();

    ColdplugCommand(Environment environment) {
        this.environment = environment;
    }

    /** A device, and what came of it. */
    private record Plugged(Modaliases.Device device, List<String> modules, ModprobePlan plan) {}

    @Override
    public Integer call() throws IOException, Failure {
        List<Modaliases.Device> devices = Modaliases.read(sysfs);
        Set<Flag> flags = runner.bootFlags();
        boolean[] failed = new boolean[1];
        runner.run(environment, options, LoadOptions.NONE, json, session -> {
            runner.warn(environment, "coldplug", session.modprobe());
            List<Plugged> plugged = new ArrayList<>();
            for (Modaliases.Device device : devices) {
                plugged.add(plug(device, session, flags));
            }
            failed[0] = session.hasFailed();
            if (json) {
                Json.print(environment.out(), to -> write(to, plugged));
            }
        });
        return failed[0] ? Main.FAILED : Main.OK;
    }

    private Plugged plug(Modaliases.Device device, ModuleRunner.Session session, Set<Flag> flags) throws IOException {
        List<String> modules = session.modprobe().resolve(device.modalias());
        ModprobePlan plan = new ModprobePlan(List.of(), List.of(), false);
        if (!modules.isEmpty()) {
            session.run(
                    new ModprobeRequest(ModprobeRequest.Action.INSERT, List.of(device.modalias()), "", flags),
                    "coldplug");
            plan = session.plans().get(session.plans().size() - 1);
        } else if (runner.isVerbose()) {
            environment
                    .err()
                    .println("jkmod coldplug: no module for " + device.path() + ": "
                            + ByteStrings.text(device.modalias()));
        }
        return new Plugged(device, modules, plan);
    }

    private static void write(JsonWriter to, List<Plugged> all) throws IOException {
        to.beginArray();
        for (Plugged plugged : all) {
            to.beginObject();
            to.name("device").value(plugged.device().path());
            to.name("modalias").value(ByteStrings.text(plugged.device().modalias()));
            ModprobeJson.strings(to, "modules", plugged.modules());
            ModprobeJson.writeFields(to, plugged.plan());
            to.endObject();
        }
        to.endArray();
    }
}
