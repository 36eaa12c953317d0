package org.jkmod.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jkmod.core.Architecture;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.ModuleLoadException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jkmod demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        header = "Load and unload bundled modules, and show what the kernel does.",
        description = {
            "The kernel is booted in memory, from the profile that comes with jkmod: that of the other commands is left"
                    + " alone. The modules were built for it, and need each other."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod demo", "  jkmod demo --json | jq .relocations"})
final class DemoCommand implements Callable<Integer> {
    /** What the bundled modules were built for. */
    private static final String ARCHITECTURE = "x86_64";

    private record Insmod(String module, String parameters) {}

    private static final List<Insmod> CHAIN = List.of(
            new Insmod("jkmod_ring", "size=1024"), new Insmod("jkmod_echo", "upper=1"), new Insmod("jkmod_stat", ""));
    private static final String ORPHAN = "jkmod_orphan";

    private final Environment environment;

    @Option(
            names = "--json",
            description =
                    "Print an object: release, architecture, exports, steps (an array: command, module, and what came of"
                            + " it), dmesg (as dmesg --json), loaded, relocations, micros.")
    private boolean json;

    DemoCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        if (json) {
            Json.print(environment.out(), to -> run(new DemoJson(to)));
        } else {
            run(new DemoText(environment.out()));
        }
        return Main.OK;
    }

    private static void run(DemoReport report) throws IOException {
        long start = System.nanoTime();
        Kernel kernel = Kernel.boot(
                KernelProfile.embedded(Architecture.named(ARCHITECTURE).orElseThrow()),
                BootOptions.DEFAULT.withClock(() -> microsSince(start)));
        Demo demo = new Demo(kernel);
        report.booted(kernel);
        int relocations = 0;
        for (Insmod insmod : CHAIN) {
            Demo.Loaded loaded = demo.insmod(insmod.module(), insmod.parameters());
            relocations += loaded.module().relocations();
            report.loaded(insmod.module(), insmod.parameters(), loaded);
        }
        try {
            demo.insmod(ORPHAN, "");
            throw new IllegalStateException(ORPHAN + " was loaded");
        } catch (ModuleLoadException e) {
            report.notLoaded(ORPHAN, e);
        }
        report.modules(kernel.modules());
        String used = CHAIN.get(0).module();
        try {
            kernel.unload(used);
            throw new IllegalStateException(used + " was unloaded");
        } catch (KernelException e) {
            report.notUnloaded(used, e);
        }
        for (int i = CHAIN.size() - 1; i >= 0; i--) {
            kernel.unload(CHAIN.get(i).module());
            report.unloaded(CHAIN.get(i).module());
        }
        report.done(kernel, CHAIN.size(), relocations, microsSince(start));
    }

    private static long microsSince(long start) {
        return (System.nanoTime() - start) / 1000;
    }
}
