package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.kmod.ModuleTree;

/** Commands that are over soon: what counts is how fast the JVM starts, with the class data archive that the launcher has made. */
final class StartupMeasurements implements Measurements {
    private static final int RUNS = 3;

    @Override
    public List<Row> run(Settings settings) throws IOException {
        ModuleTree tree = Environment.tree("x86_64").modules();
        Path module = tree.module("xfs").orElseThrow().path();
        // Built for the kernel that comes with jkmod, and needs no other module.
        Path example = Environment.checkout().resolve("examples/modules/x86_64/jkmod_ring.ko");
        Path folder = Files.createDirectories(Environment.data().resolve("startup"));
        Path out = folder.resolve("out");
        Path jkmod = Environment.checkout().resolve("jkmod");
        Path modinfo = Kmod.all().get(0).command("modinfo");
        Samples samples = new Samples();
        // The first one may have to make the archive.
        NativeProgram.seconds(out, jkmod, "--version");
        for (int run = 1; run <= Math.max(RUNS, 2 * settings.runs()); run++) {
            samples.add("version", NativeProgram.seconds(out, jkmod, "--version"));
            samples.add("modinfo", NativeProgram.seconds(out, jkmod, "modinfo", module));
            samples.add("check", NativeProgram.seconds(out, jkmod, "check", example));
            samples.add("kmod-version", NativeProgram.seconds(out, modinfo, "--version"));
            samples.add("kmod-modinfo", NativeProgram.seconds(out, modinfo, module));
        }
        return List.of(
                samples.row("startup.version", "s", "version", "kmod-version", null),
                samples.row("startup.modinfo", "s", "modinfo", "kmod-modinfo", Goal.value(0.12)),
                samples.row("startup.check", "s", "check", "kmod-modinfo", null));
    }
}
