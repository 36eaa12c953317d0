package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jkmod.core.LoadOptions;
import org.jkmod.kmod.ModprobePlan;
import org.jkmod.kmod.ModprobeRequest;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.jkmod.kmod.ModulesLoad;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod modules-load}. */
@Command(
        name = "modules-load",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Load the modules that a system loads while it boots, or show them.",
        description = {
            "Those of modules_load= on the kernel command line (--cmdline; of rd.modules_load= too if there is an"
                    + " /etc/initrd-release), then those of modules-load.d/*.conf in /etc, /run, /usr/local/lib and /usr/lib, and of"
                    + " /etc/modules, in the order of the files' names: as systemd-modules-load.service does it. The blacklist of"
                    + " modprobe.d holds."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod modules-load --sysroot /mnt/image -S 6.12.107+deb13-amd64 -D",
            "  jkmod modules-load --sysroot /mnt/image -S 6.12.107+deb13-amd64 --cmdline 'modules_load=loop,nbd' -D --json"
        })
final class ModulesLoadCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(
            names = "--json",
            description =
                    "Print an array of objects instead: module, source, line (0: of no file), and failed, steps and messages as"
                            + " modprobe --json.")
    private boolean json;

    @Mixin
    private ModuleRunner runner = new ModuleRunner();

    @Mixin
    private ModprobeOptions options = new ModprobeOptions();

    ModulesLoadCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<ModulesLoad.Entry> entries =
                ModulesLoad.read(options.sysroot(), options.commandLine()).entries();
        Set<Flag> flags = runner.bootFlags();
        boolean[] failed = new boolean[1];
        runner.run(environment, options, LoadOptions.NONE, json, session -> {
            runner.warn(environment, "modules-load", session.modprobe());
            for (ModulesLoad.Entry entry : entries) {
                session.run(
                        new ModprobeRequest(ModprobeRequest.Action.INSERT, List.of(entry.module()), "", flags),
                        "modules-load");
            }
            failed[0] = session.hasFailed();
            if (json) {
                Json.print(environment.out(), to -> write(to, entries, session.plans()));
            }
        });
        return failed[0] ? Main.FAILED : Main.OK;
    }

    private static void write(JsonWriter to, List<ModulesLoad.Entry> entries, List<ModprobePlan> plans)
            throws IOException {
        to.beginArray();
        for (int i = 0; i < entries.size(); i++) {
            to.beginObject();
            to.name("module").value(ByteStrings.text(entries.get(i).module()));
            to.name("source").value(entries.get(i).source());
            to.name("line").value(entries.get(i).line());
            ModprobeJson.writeFields(to, plans.get(i));
            to.endObject();
        }
        to.endArray();
    }
}
