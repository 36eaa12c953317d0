package org.jkmod.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.TreeLoad;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Time to load every module of a Debian kernel into one simulated kernel, once the JVM has run for a while: what {@code jkmod load-tree}
 * does, from the boot of a kernel whose profile is ready to the last module. native/tree.c does the same on one thread.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
public class TreeBenchmark {
    /** As C gives what it allocates back when it ends, the collector gets room for the garbage of some passes. */
    private static final String HEAP = "-Xms3g";

    private static final String NEW = "-Xmn1500m";

    private final ModuleTree tree;
    private final KernelProfile profile;

    /** Reads what is known of the kernel. */
    public TreeBenchmark() {
        KernelTree files = Environment.tree("x86_64");
        try {
            tree = files.modules();
            profile = files.profile();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On one thread; the collector has no more either. */
    @Benchmark
    @Fork(jvmArgsPrepend = {"-XX:+UseSerialGC", HEAP, NEW})
    public long oneThread() {
        return load(1);
    }

    /** On two threads. */
    @Benchmark
    @Fork(jvmArgsPrepend = {"-XX:+UseParallelGC", HEAP, NEW})
    public long twoThreads() {
        return load(2);
    }

    private long load(int jobs) {
        TreeLoad.Result result = TreeLoad.run(Kernel.boot(profile), tree, jobs, done -> {});
        if (!result.failures().isEmpty()) {
            throw new IllegalStateException(result.failures().get(0).toString());
        }
        return result.relocations();
    }
}
