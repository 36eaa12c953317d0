package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.jkmod.core.MemoryAccounting.Holding;
import org.junit.jupiter.api.Test;

/** Room: who holds it, when there is none, and that all of it comes back. */
class MemoryAccountingTest {
    private static final long WA = SHF_ALLOC | SHF_WRITE;
    private static final int PAGE = 4096;
    private static final long START = 0xffff_8000_0000_0000L;

    private static Kernel kernel(String release, long pages, BootOptions options) {
        return Kernel.boot(
                Toys.profile(release)
                        .architecture(new ToyArchitecture(new AddressRange(START, pages * PAGE)))
                        .build(),
                options);
    }

    private static Kernel kernel(long pages) {
        return kernel(Toys.RELEASE, pages, BootOptions.DEFAULT);
    }

    private static Errno errno(Kernel kernel, KernelObject object) {
        ModuleLoadException e = catchThrowableOfType(ModuleLoadException.class, () -> kernel.load(object));
        assertThat(e).isNotNull();
        return e.errno();
    }

    private static List<String> log(Kernel kernel) {
        return kernel.log().lines().stream().map(KernelLog.Line::text).toList();
    }

    /** Text, data, init text and init data, of a page each but the text. */
    private static KernelObject text(String name, int size) {
        return module(name).textSize(size).build();
    }

    // Books.

    @Test
    void accounting_ofALoadedModule_saysWhatItHolds() {
        Kernel kernel = kernel(100);
        MemoryAccounting before = kernel.memory().accounting();
        assertThat(before.isEmpty()).isTrue();
        assertThat(before)
                .isEqualTo(new MemoryAccounting(100 * PAGE, 100 * PAGE, 100 * PAGE, 1, 0, 0, 8192, 8192, List.of()));
        kernel.load(
                module("a").textSize(0x1001).section(".data..percpu", WA, 8, 10).build());
        MemoryAccounting after = kernel.memory().accounting();
        assertThat(after.isEmpty()).isFalse();
        assertThat(after.holdings())
                .containsExactly(
                        new Holding("a", MemoryType.PERCPU, 12, 0),
                        new Holding("a", MemoryType.TEXT, 2 * PAGE, PAGE),
                        new Holding("a", MemoryType.DATA, PAGE, PAGE));
        assertThat(after.heldBy("a")).isEqualTo(5 * PAGE + 12);
        assertThat(after.heldBy("b")).isZero();
        assertThat(after.allocated()).isEqualTo(5 * PAGE);
        assertThat(after.perCpuFree()).isEqualTo(8192 - 12);
        assertThat(after.fragmentation()).isZero();
        kernel.unload("a");
        assertThat(kernel.memory().accounting()).isEqualTo(before);
    }

    @Test
    void fragmentation_ofTwoHoles_isTheSmallersPart() {
        Kernel kernel = kernel(20);
        kernel.load(text("a", 16));
        kernel.load(text("b", 16));
        kernel.unload("a");
        MemoryAccounting accounting = kernel.memory().accounting();
        assertThat(accounting.holes()).isEqualTo(2);
        assertThat(accounting.largestHole()).isEqualTo(12 * PAGE);
        assertThat(accounting.fragmentation()).isCloseTo(4 / 16.0, within(1e-9));
    }

    @Test
    void randomLife_ofManyModules_neverOverlapsAndEndsAsItBegan() {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        Random random = new Random(seed);
        for (String release : List.of("6.1.0", "6.12.0", "7.2.0")) {
            Kernel kernel = kernel(release, 400, BootOptions.DEFAULT);
            MemoryAccounting before = kernel.memory().accounting();
            int refused = 0;
            for (int step = 0; step < 400; step++) {
                String when = "seed " + seed + ", " + release + ", step " + step;
                List<KernelModule> loaded = kernel.modules();
                if (loaded.isEmpty() || random.nextInt(100) < 60) {
                    KernelObject object = random(random, "m" + step);
                    MemoryAccounting now = kernel.memory().accounting();
                    try {
                        kernel.load(object);
                    } catch (ModuleLoadException e) {
                        assertThat(e.errno()).as(when).isEqualTo(Errno.ENOMEM);
                        assertThat(kernel.memory().accounting()).as(when).isEqualTo(now);
                        refused++;
                    }
                } else {
                    kernel.unload(loaded.get(random.nextInt(loaded.size())).name());
                }
                check(kernel, when);
            }
            assertThat(refused).as("seed %d: some did not fit", seed).isPositive();
            for (KernelModule module : kernel.modules()) {
                kernel.unload(module.name());
            }
            assertThat(kernel.memory().accounting())
                    .as("seed %d, %s", seed, release)
                    .isEqualTo(before);
            assertThat(kernel.memory().mappings()).isEmpty();
        }
    }

    private static KernelObject random(Random random, String name) {
        ModuleBuilder builder = module(name).textSize(1 + random.nextInt(8 * PAGE));
        if (random.nextBoolean()) {
            builder.section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 1 + random.nextInt(3 * PAGE));
        }
        if (random.nextBoolean()) {
            builder.section(".rodata", SHF_ALLOC, 16, 1 + random.nextInt(3 * PAGE));
        }
        if (random.nextBoolean()) {
            builder.noBits(".bss", WA, 16, random.nextInt(20 * PAGE));
        }
        if (random.nextInt(4) == 0) {
            builder.section(".data..percpu", WA, 1 << random.nextInt(7), 1 + random.nextInt(900));
        }
        return builder.build();
    }

    /** Pieces are apart by a guard page, in the region, and the sums are right. */
    private static void check(Kernel kernel, String when) {
        MemoryAccounting accounting = kernel.memory().accounting();
        long end = START;
        String lastPiece = "";
        long mapped = 0;
        for (MemoryMapping mapping : kernel.memory().mappings()) {
            // the parts of one layout follow one another
            boolean sameLayout =
                    mapping.range().start() == end && mapping.module().equals(lastPiece);
            assertThat(mapping.range().start())
                    .as(when)
                    .isGreaterThanOrEqualTo(end + (end == START || sameLayout ? 0 : PAGE));
            end = mapping.range().end();
            lastPiece = mapping.module();
            mapped += mapping.range().size();
        }
        assertThat(end).as(when).isLessThan(START + accounting.regionSize());
        long held = accounting.holdings().stream()
                .filter(h -> h.type() != MemoryType.PERCPU)
                .mapToLong(Holding::bytes)
                .sum();
        assertThat(mapped).as(when).isEqualTo(held);
        long guards = accounting.holdings().stream().mapToLong(Holding::guard).sum();
        assertThat(accounting.allocated()).as(when).isEqualTo(held + guards);
        assertThat(kernel.modules().stream().mapToLong(KernelModule::size).sum())
                .as(when)
                .isEqualTo(held);
    }

    // Limits.

    @Test
    void region_toItsLastPage_isGiven() {
        // data, init data and their guards: 4 pages; text and its guard: the rest
        assertThat(kernel(10).load(text("fits", 5 * PAGE)).size()).isEqualTo(6 * PAGE);
        Kernel kernel = kernel(10);
        assertThat(errno(kernel, text("large", 5 * PAGE + 1))).isEqualTo(Errno.ENOMEM);
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
        assertThat(log(kernel)).containsExactly("execmem: unable to allocate memory");
    }

    @Test
    void memoryLimit_toItsLastByte_isGiven() {
        // at most four pages at once: text 2, data 1, init data 1
        KernelObject object = text("some", PAGE + 1);
        kernel(Toys.RELEASE, 100, BootOptions.DEFAULT.withMemoryLimit(4 * PAGE)).load(object);
        Kernel kernel = kernel(Toys.RELEASE, 100, BootOptions.DEFAULT.withMemoryLimit(4 * PAGE - 1));
        assertThat(errno(kernel, object)).isEqualTo(Errno.ENOMEM);
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
        kernel.load(text("less", PAGE));
        assertThat(errno(kernel, text("more", 1))).isEqualTo(Errno.ENOMEM);
        kernel.unload("less");
        kernel.load(text("more", 1));
        assertThatThrownBy(() -> BootOptions.DEFAULT.withMemoryLimit(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static KernelObject bss(long size) {
        return PatchedModule.of(module("big").noBits(".bss", WA, 1, 0).bytes())
                .sectionSize(".bss", size)
                .object();
    }

    /** The recorded cases sec-bss-16t, sec-bss-4g-4k, sec-bss-3m; and 3 GiB. */
    @Test
    void noBits_ofAnySize_areTakenModulo2To32() {
        for (String release : List.of("6.1.0", "6.12.0", "7.2.0")) {
            Kernel kernel = kernel(release, 16384, BootOptions.DEFAULT);
            long empty = kernel.load(bss(0)).size();
            kernel.unload("big");
            KernelModule module = kernel.load(bss(1L << 44));
            assertThat(module.size()).isEqualTo(empty);
            assertThat(module.section(".bss")).isPresent();
            kernel.unload("big");
            assertThat(kernel.load(bss((4L << 30) + PAGE)).size()).isEqualTo(empty + PAGE);
            kernel.unload("big");
            assertThat(kernel.load(bss(3 << 20)).size()).isEqualTo(empty + (3 << 20));
            kernel.unload("big");
            assertThat(errno(kernel, bss(3L << 30))).isEqualTo(Errno.ENOMEM);
            assertThat(kernel.memory().accounting().isEmpty()).isTrue();
        }
    }

    @Test
    void noBits_ofManyMegabytes_takeNoMemoryOfTheJvm() {
        Kernel kernel = kernel(1L << 18); // 1 GiB
        KernelModule module = kernel.load(bss(900L << 20));
        ModuleMemory data = module.memory(MemoryType.DATA);
        assertThat(data.array()).hasSizeLessThan(PAGE);
        long last = data.base() + data.size() - 3;
        kernel.memory().write(last - PAGE, new byte[] {1, 2, 3});
        assertThat(kernel.memory().read(last - PAGE - 1, 5)).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 0}));
        assertThat(kernel.memory().read64(data.base() + (450 << 20))).isZero();
        assertThat(module.section(".bss").orElseThrow().remaining()).isEqualTo(900 << 20);
        kernel.unload("big");
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
    }

    @Test
    void content_farBehindTheBeginning_isOutOfMemory() {
        KernelObject object = PatchedModule.of(module("far")
                        .section(".data", WA, 8, 8)
                        .section(".data1", WA, 8, 8)
                        .bytes())
                .sectionAlign(".data1", 256 << 20)
                .object();
        assertThat(errno(kernel(1L << 20), object)).isEqualTo(Errno.ENOMEM);
    }

    // Per-CPU areas.

    private static KernelObject perCpu(String name, long align, long size) {
        return module(name).section(".data..percpu", WA, align, size).build();
    }

    @Test
    void perCpu_ofMoreThanIsReserved_isOutOfMemory() {
        Kernel kernel = kernel(200);
        kernel.load(perCpu("a", 64, 8000));
        assertThat(errno(kernel, perCpu("b", 32, 193))).isEqualTo(Errno.ENOMEM);
        assertThat(log(kernel))
                .containsExactly(
                        "percpu: allocation failed, size=196 align=32 atomic=0, alloc from reserved chunk failed",
                        "b: Could not allocate 193 bytes percpu data");
        kernel.load(perCpu("c", 32, 192));
        kernel.unload("a");
        kernel.unload("c");
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
    }

    /** pcpu_alloc warns with a stack, which taints: seen on 6.12.107. */
    @Test
    void perCpu_ofMoreThanThereEverIs_taintsWithAWarning() {
        Kernel kernel = kernel(200);
        assertThat(errno(kernel, perCpu("a", 8, (32 << 10) + 1))).isEqualTo(Errno.ENOMEM);
        assertThat(log(kernel)).containsExactly("a: Could not allocate 32769 bytes percpu data");
        assertThat(kernel.taints()).containsExactly(Taint.WARN);
        assertThat(kernel.check(perCpu("b", 8, 8), LoadOptions.NONE).loads()).isTrue();
    }

    @Test
    void perCpu_whoseAlignmentIsLargerThanAPage_isAlignedToAPage() {
        Kernel kernel = kernel(200);
        KernelModule module = kernel.load(perCpu("a", 16384, 8));
        assertThat(module.memory(MemoryType.PERCPU).base() % PAGE).isZero();
        assertThat(log(kernel)).containsExactly("a: per-cpu alignment 16384 > 4096");
        assertThat(kernel.log().lines().get(0).level()).isEqualTo(KernelLog.WARNING);
    }

    @Test
    void perCpu_ofAKernelForOneCpu_isOutOfMemoryWithoutAWord() {
        Kernel kernel =
                Kernel.boot(Toys.profile(Toys.RELEASE).config("SMP", "n").build());
        assertThat(errno(kernel, perCpu("a", 8, 8))).isEqualTo(Errno.ENOMEM);
        assertThat(log(kernel)).isEmpty();
    }

    /** pcpu_alloc warns ten times, and says that it stops. */
    @Test
    void perCpu_thatFailsOften_warnsTenTimes() {
        Kernel kernel = kernel(200);
        for (int i = 0; i < 12; i++) {
            errno(kernel, perCpu("a", 8, 8193));
        }
        assertThat(log(kernel).stream().filter(l -> l.startsWith("percpu: allocation failed")))
                .hasSize(10);
        assertThat(log(kernel).stream().filter(l -> l.equals("percpu: limit reached, disable warning")))
                .hasSize(1);
        assertThat(log(kernel).stream().filter(l -> l.startsWith("a: Could not")))
                .hasSize(12);
    }
}
