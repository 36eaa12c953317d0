package org.jkmod.bench;

import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jkmod.core.Architecture;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.RelocationProgram;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.ElfWriter;
import org.jkmod.elf.RelocationTable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time a relocation: the compiled program and the interpreter over a section with the mix of types that x86_64's modules have (for
 * every ten: six PC32, two PLT32, one 64, one 32S), to 4,096 symbols. The image is wiped before each run, for the kernel wants zeros
 * at the places; the wiping is part of the time, and the same for both.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RelocationBenchmark {
    private static final int RELOCATIONS = 100_000;
    private static final int SYMBOLS = 4_096;
    private static final int PLACE = 8;
    private static final long ADDRESS = 0xffff_ffff_c000_0000L;
    /** R_X86_64_PC32, PLT32, 64, 32S, as often as modules have them. */
    private static final int[] TYPES = {2, 2, 2, 2, 2, 2, 4, 4, 1, 11};

    /** Which engine. */
    @Param({"compiled", "interpreted"})
    public String engine = "";

    private RelocationProgram program = (rela, from, count, symbols, image, base, size, address, deferred) -> 0;
    private byte[] file = new byte[0];
    private int start;
    private final long[] symbols = new long[SYMBOLS];
    private final byte[] image = new byte[RELOCATIONS * PLACE];
    private final byte[] zeros = new byte[RELOCATIONS * PLACE];

    /** Makes the object and the engine. */
    @Setup
    public void setUp() {
        Architecture architecture = Architecture.named("x86_64").orElseThrow();
        program = engine.equals("compiled")
                ? RelocationProgram.compiled(architecture, RelocationPolicy.KERNEL)
                : RelocationProgram.interpreted(architecture, RelocationPolicy.KERNEL);
        Random random = new Random(1);
        ElfWriter writer = new ElfWriter(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, Elf.EM_X86_64);
        int text = writer.addSection(".text", Elf.SHT_PROGBITS, Elf.SHF_ALLOC | Elf.SHF_EXECINSTR, 16, image);
        int rela = writer.addRelocations(text);
        for (int i = 1; i < SYMBOLS; i++) {
            writer.addUndefined("symbol" + i);
            symbols[i] = 0xffff_ffff_8100_0000L + random.nextInt(1 << 24);
        }
        for (int i = 0; i < RELOCATIONS; i++) {
            int type = TYPES[random.nextInt(TYPES.length)];
            writer.addRelocation(rela, (long) i * PLACE, type, 1 + random.nextInt(SYMBOLS - 1), random.nextInt(64));
        }
        file = writer.toBytes();
        RelocationTable table = ElfFile.parse(file, "benchmark")
                .section(".rela.text")
                .orElseThrow()
                .relocations();
        start = table.start();
    }

    /** Relocates the section. */
    @Benchmark
    @OperationsPerInvocation(RELOCATIONS)
    public int apply() {
        System.arraycopy(zeros, 0, image, 0, image.length);
        int applied = program.apply(file, start, RELOCATIONS, symbols, image, 0, image.length, ADDRESS, index -> {});
        if (applied != RELOCATIONS) {
            throw new IllegalStateException("stopped at relocation " + applied);
        }
        return applied;
    }
}
