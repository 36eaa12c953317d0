package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loads, unloads and readers on several threads. */
@Timeout(60)
class KernelThreadsTest {
    private static final int LOADERS = 4;
    private static final int ROUNDS = 40;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Kernel kernel = Toys.kernel("printk");
    private final AtomicBoolean done = new AtomicBoolean();

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Everything that anybody can ask a kernel, again and again; says how often. */
    private int read() {
        int rounds = 0;
        for (; !done.get(); rounds++) {
            for (String line : kernel.procModules()) {
                assertThat(line).matches("\\w+ \\d+ (-1|\\d+) (-|(\\w+,)+) (Live|Loading|Unloading) 0x[0-9a-f]{16}");
            }
            for (String line : kernel.kallsyms()) {
                assertThat(line).matches("[0-9a-f]{16} \\S \\S+\t\\[\\w+]");
            }
            for (KernelModule module : kernel.modules()) {
                kernel.symbolAt(module.address() + 40);
                kernel.moduleAt(module.address());
                module.section(".text");
                assertThat(module.references()).isGreaterThanOrEqualTo(-1);
                assertThat(module.uses())
                        .allSatisfy(use -> assertThat(use.source()).isSameAs(module));
                assertThat(module.users())
                        .allSatisfy(use -> assertThat(use.target()).isSameAs(module));
            }
            kernel.symbol("base_export");
            kernel.log().lines();
            kernel.taints();
        }
        return rounds;
    }

    private <T> List<T> join(List<Future<T>> futures) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get(50, TimeUnit.SECONDS));
        }
        return results;
    }

    @Test
    void loadsAndUnloads_onManyThreadsWithReaders_leaveTheBooksRight() throws Exception {
        kernel.load(module("base").exports("base_export").imports("printk").build());
        KernelSnapshot before = KernelSnapshot.of(kernel);
        List<Future<Integer>> readers = List.of(threads.submit(this::read), threads.submit(this::read));
        List<Future<Integer>> loaders = new ArrayList<>();
        for (int t = 0; t < LOADERS; t++) {
            int thread = t;
            loaders.add(threads.submit(() -> churn(thread)));
        }
        assertThat(join(loaders)).containsOnly(ROUNDS);
        done.set(true);
        assertThat(join(readers)).allSatisfy(rounds -> assertThat(rounds).isPositive());
        assertThat(KernelSnapshot.of(kernel)).usingRecursiveComparison().isEqualTo(before);
    }

    /** Two modules, one on top of the other, a failing load now and then, and away again. */
    private int churn(int thread) {
        String lower = "lower" + thread;
        String upper = "upper" + thread;
        KernelObject low = module(lower)
                .exports("export" + thread)
                .imports("printk", "base_export")
                .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 100L * thread)
                .build();
        KernelObject up =
                module(upper).imports("export" + thread, "base_export").build();
        KernelObject bad = module("bad" + thread)
                .imports("export" + thread, "base_export", "nothing")
                .build();
        for (int i = 0; i < ROUNDS; i++) {
            KernelModule l = kernel.load(low);
            KernelModule u = kernel.load(up);
            try {
                kernel.load(bad);
                throw new AssertionError("loaded without one of its symbols");
            } catch (ModuleLoadException e) {
                assertThat(e.errno()).isEqualTo(Errno.ENOENT);
            }
            assertThat(l.users()).containsExactly(new ModuleUse(u, l));
            assertThat(u.memory(MemoryType.TEXT).bytes().getLong(32)).isEqualTo(l.address() + 32);
            kernel.unload(upper);
            kernel.unload(lower);
        }
        return ROUNDS;
    }

    @Test
    void oneModule_loadedByManyAtOnce_isLoadedByOne() throws Exception {
        for (int round = 0; round < 20; round++) {
            List<Future<Boolean>> loads = new ArrayList<>();
            for (int t = 0; t < LOADERS; t++) {
                Callable<Boolean> load = () -> {
                    try {
                        kernel.load(
                                module("same").exports("e").imports("printk").build());
                        return true;
                    } catch (ModuleLoadException e) {
                        assertThat(e.errno()).isEqualTo(Errno.EEXIST);
                        return false;
                    }
                };
                loads.add(threads.submit(load));
            }
            assertThat(join(loads)).containsOnlyOnce(true);
            assertThat(kernel.modules()).hasSize(1);
            kernel.unload("same");
        }
    }

    /** Formed in one order and finished in another, as a tree's loader does it. */
    @Test
    void steps_ofManyLoadsInterleaved_giveTheSameAddressesAsOneAfterTheOther() throws Exception {
        List<KernelObject> objects = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            objects.add(
                    module("m" + i).textSize(100 + 1000 * i).exports("e" + i).build());
        }
        List<ModuleLoad> loads = new ArrayList<>();
        for (KernelObject object : objects) {
            loads.add(kernel.begin(object, LoadOptions.NONE));
        }
        loads.forEach(ModuleLoad::form);
        List<Future<KernelModule>> finished = new ArrayList<>();
        for (int i = loads.size() - 1; i >= 0; i--) {
            ModuleLoad load = loads.get(i);
            finished.add(threads.submit(() -> {
                load.relocate();
                return load.run();
            }));
        }
        join(finished);
        assertThat(kernel.modules()).extracting(KernelModule::state).containsOnly(ModuleState.LIVE);
        assertThat(kernel.modules())
                .extracting(KernelModule::name)
                .startsWith("m29", "m28")
                .hasSize(30);
        List<Long> addresses =
                kernel.modules().stream().map(KernelModule::address).toList();
        assertThat(addresses).doesNotHaveDuplicates().isSortedAccordingTo((a, b) -> Long.compareUnsigned(b, a));
    }
}
