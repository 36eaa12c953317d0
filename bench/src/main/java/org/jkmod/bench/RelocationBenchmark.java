package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jkmod.core.Architecture;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.RelocationProgram;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Time to apply the relocations of real modules: by the program that is compiled from an architecture's rows, by the interpreter of the
 * rows, and by a switch written by hand. native/relocate.c does the same. The sections are wiped before each run, which is not
 * measured: the kernel wants zeros at x86_64's places.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RelocationBenchmark {
    /** Which architecture. */
    @Param({"x86_64", "aarch64", "riscv64"})
    public String architecture = "";

    /** Which modules. */
    @Param({"small", "xfs", "amdgpu", "tree"})
    public String modules = "";

    /** Which program. */
    @Param({"compiled", "interpreted", "switch"})
    public String program = "";

    private RelocationProgram relocations = (rela, from, count, symbols, image, base, size, address, deferred) -> 0;
    private RelocationInput input = RelocationInput.EMPTY;

    static Path file(String architecture, String modules) {
        return Environment.data()
                .resolve("relocation")
                .resolve(Environment.tree(architecture).release() + "-" + modules);
    }

    static RelocationProgram program(String name, String architecture) {
        Architecture rows = Architecture.named(architecture).orElseThrow();
        return switch (name) {
            case "compiled" -> RelocationProgram.compiled(rows, RelocationPolicy.KERNEL);
            case "interpreted" -> RelocationProgram.interpreted(rows, RelocationPolicy.KERNEL);
            default ->
                switch (architecture) {
                    case "x86_64" -> new X86_64Switch();
                    case "aarch64" -> new AArch64Switch();
                    default -> new Riscv64Switch();
                };
        };
    }

    /** Reads the tables. */
    @Setup
    public void setUp() throws IOException {
        relocations = program(program, architecture);
        input = RelocationInput.read(file(architecture, modules));
    }

    /** Makes the sections what they were. */
    @Setup(Level.Invocation)
    public void wipe() {
        input.wipe();
    }

    /** Relocates. */
    @Benchmark
    public int apply() {
        return input.apply(relocations);
    }
}
