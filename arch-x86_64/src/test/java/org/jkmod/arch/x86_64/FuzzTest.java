package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.KernelSnapshot;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleInUseException;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.RelocationException;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.Relocator;
import org.jkmod.core.Verdict;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Real modules with a few bytes changed at random load, or fail as documented and leave nothing behind: never another exception, never
 * an endless loop. {@code -Djkmod.seed=N} repeats a run, {@code -Djkmod.fuzz=N} makes it longer.
 */
class FuzzTest {
    private static final Kallsyms KALLSYMS =
            Kallsyms.parse("ffffffff81000000 T memcpy\n".getBytes(StandardCharsets.US_ASCII), "kallsyms");

    private static final int CASES = Integer.getInteger("jkmod.fuzz", 1500);

    private final long seed = Long.getLong("jkmod.seed", System.nanoTime());

    @TestFactory
    Stream<DynamicTest> load_ofDamagedModules_endsAsDocumented() {
        return Stream.of(RecordedModule.RING, RecordedModule.ECHO)
                .map(module -> DynamicTest.dynamicTest(module.id() + " seed " + seed, () -> {
                    Random random = new Random(seed);
                    Kernel kernel = boot(module);
                    KernelSnapshot before = KernelSnapshot.of(kernel, module.object());
                    byte[] good = module.object().elf().array();
                    int loaded = 0;
                    for (int i = 0; i < CASES; i++) {
                        byte[] bytes = damaged(good, random);
                        try {
                            loaded += use(kernel, bytes) ? 1 : 0;
                            if (kernel.modules().size() > before.modules().size()) {
                                kernel = boot(module);
                            }
                            if (i % 20 == 0) {
                                assertThat(KernelSnapshot.of(kernel, module.object()))
                                        .usingRecursiveComparison()
                                        .isEqualTo(before);
                            }
                        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
                            fail(module + ", case " + i + ", seed " + seed, e);
                        }
                    }
                    assertThat(KernelSnapshot.of(kernel, module.object()))
                            .usingRecursiveComparison()
                            .isEqualTo(before);
                    assertThat(loaded).as("modules that loaded all the same").isBetween(1, CASES - 1);
                }));
    }

    /** A kernel that can load a module. */
    private static Kernel boot(RecordedModule module) {
        Kernel kernel = Kernel.boot(Examples.profile().build());
        if (module == RecordedModule.ECHO) {
            kernel.load(RecordedModule.RING.object());
        }
        return kernel;
    }

    /** Changes one to four words or bytes; half the time in headers, symbols and relocations, which is most of a module anyway. */
    private static byte[] damaged(byte[] good, Random random) {
        byte[] bytes = good.clone();
        int headers = (int) ElfFile.parse(good, "good").section(1).offset();
        for (int n = random.nextInt(4); n >= 0; n--) {
            int at = random.nextBoolean()
                    ? random.nextInt(bytes.length)
                    : bytes.length - random.nextInt(bytes.length - headers);
            at = Math.min(at, bytes.length - 8);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : 0);
                case 3 -> bytes[at & -8] = (byte) random.nextInt(64);
                default -> {
                    for (int i = 0; i < 4; i++) {
                        bytes[at + i] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0xff);
                    }
                }
            }
        }
        return random.nextInt(20) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    /** All that anybody asks of a module; whether it loaded. */
    private static boolean use(Kernel kernel, byte[] bytes) {
        LoadOptions options = LoadOptions.parameters("size=4096 upper=1 sizes=1,2");
        Verdict verdict = kernel.check(KernelObject.unchecked(bytes, "damaged.ko"), options);
        boolean loads = load(kernel, KernelObject.unchecked(bytes, "damaged.ko"), options);
        assertThat(verdict.loads()).isEqualTo(loads);
        try {
            ask(KernelObject.parse(bytes, "damaged.ko"));
        } catch (MalformedInputException e) {
            assertThat(e).message().startsWith("damaged.ko: ").doesNotContain("\n");
        }
        return loads;
    }

    private static void ask(KernelObject object) {
        List<Runnable> questions = List.of(
                object::name,
                object::modinfo,
                object::release,
                object::imports,
                object::exports,
                object::versions,
                object::thisModuleSize,
                () -> ModuleLayout.of(object),
                () -> ModuleLayout.of(object, KernelRelease.parse("6.1.0")),
                () -> ModuleLayout.of(object, KernelRelease.parse("7.2.0")),
                () -> new Relocator(KALLSYMS, RelocationPolicy.PSABI)
                        .relocate(object, Map.of(".text", 0xffffffffc0000000L)));
        for (Runnable question : questions) {
            try {
                question.run();
            } catch (MalformedInputException e) {
                assertThat(e).message().startsWith("damaged.ko: ").doesNotContain("\n");
            } catch (RelocationException e) {
                assertThat(e).message().startsWith("damaged.ko: ");
            } catch (IllegalArgumentException e) {
                assertThat(e).message().contains("no architecture with e_machine");
            }
        }
    }

    private static boolean load(Kernel kernel, KernelObject object, LoadOptions options) {
        try {
            KernelModule module = kernel.load(object, options);
            kernel.kallsyms();
            kernel.unload(module.name());
            return true;
        } catch (ModuleLoadException e) {
            assertThat(e.problems()).isNotEmpty();
            return false;
        } catch (ModuleInUseException e) {
            assertThat(e).hasMessageContaining("it has an init and no exit");
            return true;
        }
    }
}
