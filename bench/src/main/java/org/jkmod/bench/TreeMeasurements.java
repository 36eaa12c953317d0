package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;

/** A whole tree: every module loaded. */
final class TreeMeasurements implements Measurements {
    private static final int PASSES = 4;
    /** What a kernel of forty thousand exports and its loads may take, in the cold process. */
    private static final String HEAP = "-Xmx512m";

    @Override
    public List<Row> run(Settings settings) throws IOException {
        KernelTree tree = Environment.tree("x86_64");
        Kernel kernel = tree.load();
        Path folder = Files.createDirectories(Environment.data().resolve("tree"));
        Path list = folder.resolve("modules");
        Files.writeString(
                list, tree.inOrder(kernel).stream().map(path -> path + "\n").collect(Collectors.joining()));
        long relocations =
                kernel.modules().stream().mapToLong(KernelModule::relocations).sum();
        Samples samples = new Samples();
        for (int run = 1; run <= settings.runs(); run++) {
            Settings.say("tree, run " + run + " of " + settings.runs());
            nativePasses(tree, list, relocations, samples);
            cold(tree, list, folder.resolve("out"), samples);
            Forks.counted(settings.quick() ? 5 : 20, settings.quick() ? 1 : 5)
                    .of(TreeBenchmark.class)
                    .run(samples, 1);
        }
        List<Row> rows = new ArrayList<>();
        rows.add(samples.row("tree.steady.one-thread", "s", "oneThread", "c", Goal.ratio(1)));
        rows.add(samples.row("tree.steady.two-threads", "s", "twoThreads", "c", Goal.ratio(0.6)));
        rows.add(samples.row("tree.steady.one-thread.warm", "s", "oneThread", "c-warm", null));
        rows.add(samples.row("tree.cold.two-threads", "s", "jkmod", "c-process", Goal.value(1.6)));
        rows.add(samples.row("tree.cold.one-thread", "s", "jkmod-1", "c-process", null));
        return rows;
    }

    /** The first pass of a process has to wait for its memory; the later ones have it. */
    private static void nativePasses(KernelTree tree, Path list, long relocations, Samples samples) {
        List<Double> later = new ArrayList<>();
        for (List<String> line : new NativeProgram("tree").lines(tree.symvers(), list, PASSES)) {
            if (Long.parseLong(line.get(5)) != relocations) {
                throw new IllegalStateException("the C program applies other relocations: " + line);
            }
            double seconds = Double.parseDouble(line.get(7));
            if (line.get(1).equals("1")) {
                samples.add("c", seconds);
            } else {
                later.add(seconds);
            }
        }
        samples.add("c-warm", Samples.median(later));
    }

    private static void cold(KernelTree tree, Path list, Path out, Samples samples) {
        samples.add(
                "c-process",
                NativeProgram.seconds(out, Environment.nativePrograms().resolve("tree"), tree.symvers(), list, 1));
        samples.add("jkmod", loadTree(tree, out, 2));
        samples.add("jkmod-1", loadTree(tree, out, 1));
    }

    private static double loadTree(KernelTree tree, Path out, int jobs) {
        return NativeProgram.seconds(
                out,
                "env",
                "JKMOD_JAVA_OPTS=" + HEAP,
                Environment.checkout().resolve("jkmod"),
                "load-tree",
                "--root",
                tree.root(),
                "--release",
                tree.release(),
                "--jobs",
                jobs);
    }
}
