package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for whom: loads for loads, and readers for nobody. */
@Timeout(60)
class KernelWaitingTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch inInit = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private int result;

    private final KernelObject base = module("base").exports("base1").build();
    private final KernelObject user = module("user").imports("base1").build();

    /** A kernel in which the init of base takes its time. */
    private final Kernel kernel = Kernel.boot(
            Toys.profile(Toys.RELEASE, "printk").build(), BootOptions.DEFAULT.withExecutor((module, address) -> {
                if (module.name().equals("base") && inInit.getCount() > 0) {
                    inInit.countDown();
                    await(goOn);
                    return result;
                }
                return 0;
            }));

    KernelWaitingTest() {
        kernel.addListener((module, state) -> heard.add(module + " " + state));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(50, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        goOn.countDown();
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Loads in another thread; says what came of it. */
    private Future<String> loading(KernelObject object) {
        return threads.submit(() -> {
            try {
                return kernel.load(object).state().name();
            } catch (ModuleLoadException e) {
                return e.errno().name();
            }
        });
    }

    private Future<String> loadingBase() {
        Future<String> loading = loading(base);
        await(inInit);
        assertThat(kernel.module("base"))
                .hasValueSatisfying(m -> assertThat(m.state()).isEqualTo(ModuleState.COMING));
        return loading;
    }

    private static void assertWaits(Future<String> load) throws Exception {
        try {
            throw new AssertionError(load.get(100, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            assertThat(load.isDone()).isFalse();
        }
    }

    @Test
    void load_thatNeedsAModuleThatIsComing_waitsUntilItIsLive() throws Exception {
        Future<String> first = loadingBase();
        Future<String> second = loading(user);
        assertWaits(second);
        // nobody sees it: it is still UNFORMED
        assertThat(kernel.modules()).extracting(KernelModule::name).containsExactly("base");
        assertThat(kernel.module("user")).isEmpty();
        goOn.countDown();
        assertThat(first.get()).isEqualTo("LIVE");
        assertThat(second.get()).isEqualTo("LIVE");
        assertThat(kernel.module("base").orElseThrow().references()).isEqualTo(1);
        assertThat(heard).filteredOn(h -> h.startsWith("base")).containsExactly("base COMING", "base LIVE");
        assertThat(heard).filteredOn(h -> h.startsWith("user")).containsExactly("user COMING", "user LIVE");
        assertThat(heard.indexOf("user COMING")).isGreaterThan(heard.indexOf("base COMING"));
    }

    /** When the owner has failed, its symbol is not there any more. */
    @Test
    void load_thatNeedsAModuleThatFails_failsToo() throws Exception {
        KernelSnapshot booted = KernelSnapshot.of(kernel, base, user);
        result = -Errno.ENODEV.number();
        Future<String> first = loadingBase();
        Future<String> second = loading(user);
        assertWaits(second);
        goOn.countDown();
        assertThat(first.get()).isEqualTo("ENODEV");
        assertThat(second.get()).isEqualTo("ENOENT");
        assertThat(heard).containsExactly("base COMING", "base GOING");
        assertThat(KernelSnapshot.of(kernel, base, user))
                .usingRecursiveComparison()
                .isEqualTo(booted);
    }

    /** A wait that somebody interrupts ends as one that takes too long: resolve_symbol_wait(). */
    @Test
    void load_thatIsInterruptedWhileItWaits_givesUp() throws Exception {
        Future<String> first = loadingBase();
        String[] outcome = new String[1];
        Thread waiting = new Thread(() -> {
            try {
                kernel.load(user);
            } catch (ModuleLoadException e) {
                outcome[0] = e.errno() + " " + Thread.currentThread().isInterrupted();
            }
        });
        waiting.start();
        while (kernel.list().size() < 2) {
            Thread.onSpinWait();
        }
        waiting.interrupt();
        waiting.join();
        assertThat(outcome[0]).isEqualTo("EBUSY true");
        assertThat(kernel.log().lines())
                .extracting(KernelLog.Line::text)
                .containsExactly(
                        "user: gave up waiting for init of module base.", "user: Unknown symbol base1 (err -16)");
        goOn.countDown();
        assertThat(first.get()).isEqualTo("LIVE");
        kernel.unload("base");
    }

    @Test
    void load_ofAModuleThatIsComing_waitsAndFindsItThere() throws Exception {
        Future<String> first = loadingBase();
        Future<String> second = loading(base);
        assertWaits(second);
        goOn.countDown();
        assertThat(first.get()).isEqualTo("LIVE");
        assertThat(second.get()).isEqualTo("EEXIST");
    }

    /** module_patient_check_exists() does not let the same be tried again right away. */
    @Test
    void load_ofAModuleThatIsComingAndFails_isBusy() throws Exception {
        result = -Errno.ENODEV.number();
        Future<String> first = loadingBase();
        Future<String> second = loading(base);
        assertWaits(second);
        goOn.countDown();
        assertThat(first.get()).isEqualTo("ENODEV");
        assertThat(second.get()).isEqualTo("EBUSY");
        assertThat(kernel.list()).isEmpty();
        assertThat(loading(base).get()).isEqualTo("LIVE");
    }

    @Test
    void check_ofWhatNeedsAModuleThatIsComing_doesNotWait() throws Exception {
        Future<String> first = loadingBase();
        KernelSnapshot coming = KernelSnapshot.of(kernel, base, user);
        assertThat(kernel.check(user, LoadOptions.NONE).errno()).contains(Errno.EBUSY);
        assertThat(kernel.check(base, LoadOptions.NONE).errno()).contains(Errno.EBUSY);
        assertThat(KernelSnapshot.of(kernel, base, user))
                .usingRecursiveComparison()
                .isEqualTo(coming);
        goOn.countDown();
        assertThat(first.get()).isEqualTo("LIVE");
    }

    /** All that reads, while somebody has the lock and does not let go of it. */
    @Test
    void readers_whileTheLockIsHeld_doNotWait() throws Exception {
        KernelModule live = kernel.load(module("other").exports("other1").build());
        Callable<Integer> reader = () -> {
            long address = kernel.symbol("other1").orElseThrow().value();
            assertThat(kernel.moduleAt(address)).containsSame(live);
            assertThat(kernel.symbolAt(address)).isPresent();
            assertThat(kernel.memory().read64(address)).isZero();
            assertThat(kernel.memory().mappings()).isNotEmpty();
            assertThat(kernel.symbolGet("other1")).isPresent();
            live.put();
            assertThat(live.tryGet()).isTrue();
            live.put();
            kernel.taints();
            kernel.log().lines();
            return kernel.procModules().size()
                    + kernel.kallsyms().size()
                    + kernel.modules().size();
        };
        int expected = reader.call();
        kernel.locked(() -> {
            try {
                assertThat(threads.submit(reader).get(20, TimeUnit.SECONDS)).isEqualTo(expected);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
