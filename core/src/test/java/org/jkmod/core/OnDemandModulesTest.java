package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Modules loaded when something asks for them, and unloaded when nothing does any more. */
@Timeout(60)
class OnDemandModulesTest {
    private static final int FAILED = 256;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, List<List<ModuleFinder.Candidate>>> known = new HashMap<>();
    private final AtomicInteger reads = new AtomicInteger();

    private final Kernel kernel = Toys.kernel("printk");
    private final OnDemandModules modules = new OnDemandModules(kernel, this::find);

    private final KernelObject lib =
            module("lib").exports("lib1").imports("printk").build();
    private final KernelObject fs =
            module("fs").exports("fs1").imports("lib1", "printk").build();
    private final KernelObject vfs = module("vfs").imports("fs1").build();

    OnDemandModulesTest() {
        know("lib", lib);
        know("fs", lib, fs);
        know("vfs", lib, fs, vfs);
    }

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private List<List<ModuleFinder.Candidate>> find(String name) {
        return known.getOrDefault(name, List.of());
    }

    private void know(String name, KernelObject... chain) {
        List<ModuleFinder.Candidate> candidates = new ArrayList<>();
        for (KernelObject object : chain) {
            candidates.add(new ModuleFinder.Candidate(object.name(), () -> {
                reads.incrementAndGet();
                return object;
            }));
        }
        known.computeIfAbsent(name, n -> new ArrayList<>()).add(candidates);
    }

    private List<String> names() {
        return kernel.modules().stream().map(KernelModule::name).toList();
    }

    private List<String> messages(Kernel of) {
        return of.log().lines().stream().map(KernelLog.Line::text).toList();
    }

    // Requests.

    @Test
    void requestModule_ofAModuleWithDependencies_loadsThemFirstAndMarksAll() {
        assertThat(modules.requestModule("fs")).isZero();
        assertThat(names()).containsExactly("fs", "lib");
        assertThat(kernel.modules()).allMatch(KernelModule::isAutoclean);
        assertThat(modules.requestModule("vfs")).isZero();
        assertThat(names()).containsExactly("vfs", "fs", "lib");
        // what is loaded is not even read
        assertThat(reads).hasValue(3);
        assertThat(modules.requestModule("vfs")).isZero();
        assertThat(reads).hasValue(3);
    }

    @Test
    void requestModule_ofAnUnknownName_isModprobesFailure() {
        assertThat(modules.requestModule("nothing")).isEqualTo(FAILED);
        assertThat(kernel.modules()).isEmpty();
        assertThat(messages(kernel)).isEmpty();
    }

    @Test
    void requestModule_thatTheKernelRefuses_isModprobesFailureAndKeepsWhatWasLoadedBefore() {
        know("broken", lib, module("broken").imports("nothing").build());
        assertThat(modules.requestModule("broken")).isEqualTo(FAILED);
        assertThat(names()).containsExactly("lib");
        assertThat(messages(kernel)).containsExactly("broken: Unknown symbol nothing (err -2)");
    }

    @Test
    void requestModule_ofAFileThatCannotBeRead_isModprobesFailure() {
        known.put(
                "gone",
                List.of(List.of(new ModuleFinder.Candidate("gone", () -> KernelObject.parse(new byte[3], "gone.ko")))));
        assertThat(modules.requestModule("gone")).isEqualTo(FAILED);
    }

    /** modprobe loads all that an alias means; the last one decides what it says. */
    @Test
    void requestModule_ofAnAliasOfTwo_loadsBoth() {
        know("alias", module("broken").imports("nothing").build());
        know("alias", lib, fs);
        assertThat(modules.requestModule("alias")).isZero();
        assertThat(names()).containsExactly("fs", "lib");
    }

    @Test
    void requestModule_withoutModprobe_isNoSuchFile() {
        modules.modprobePath("");
        assertThat(modules.requestModule("fs")).isEqualTo(-Errno.ENOENT.number());
        assertThat(kernel.modules()).isEmpty();
        modules.modprobePath("/sbin/modprobe");
        assertThat(modules.requestModule("fs")).isZero();
    }

    @Test
    void requestModule_ofAVeryLongName_isTooLong() {
        assertThat(modules.requestModule("x".repeat(55))).isEqualTo(FAILED);
        assertThat(modules.requestModule("x".repeat(56))).isEqualTo(-Errno.ENAMETOOLONG.number());
    }

    @Test
    void requestModule_ofAKernelThatTakesNoMoreModules_fails() {
        kernel.disableModules();
        assertThat(modules.requestModule("lib")).isEqualTo(FAILED);
    }

    @Test
    void requestModule_ofTheSameByManyThreads_loadsItOnce() throws Exception {
        AtomicInteger inits = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        Kernel counting = Kernel.boot(
                Toys.profile(Toys.RELEASE, "printk").build(), BootOptions.DEFAULT.withExecutor((module, address) -> {
                    inits.incrementAndGet();
                    return 0;
                }));
        OnDemandModules many = new OnDemandModules(counting, this::find);
        List<Future<Integer>> results = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            String name = i % 3 == 0 ? "lib" : i % 3 == 1 ? "fs" : "vfs";
            results.add(threads.submit(() -> {
                go.await();
                int result = many.requestModule(name);
                assertThat(counting.module(name))
                        .hasValueSatisfying(m -> assertThat(m.state()).isEqualTo(ModuleState.LIVE));
                return result;
            }));
        }
        go.countDown();
        for (Future<Integer> result : results) {
            assertThat(result.get()).isZero();
        }
        assertThat(inits).hasValue(3);
        assertThat(counting.modules()).hasSize(3);
    }

    /** An init that asks for a module, which asks for a module... */
    @Test
    void requestModule_fromAnInit_nests() {
        List<OnDemandModules> self = new ArrayList<>();
        Kernel nesting = Kernel.boot(
                Toys.profile(Toys.RELEASE, "printk").build(), BootOptions.DEFAULT.withExecutor((module, address) -> {
                    if (module.name().startsWith("nest") && !module.name().equals("nest30")) {
                        int next = Integer.parseInt(module.name().substring(4)) + 1;
                        assertThat(self.get(0).requestModule("nest" + next)).isZero();
                    }
                    return 0;
                }));
        for (int i = 0; i <= 30; i++) {
            know("nest" + i, module("nest" + i).build());
        }
        self.add(new OnDemandModules(nesting, this::find));
        assertThat(self.get(0).requestModule("nest0")).isZero();
        assertThat(nesting.modules()).hasSize(31).allMatch(m -> m.state() == ModuleState.LIVE);
    }

    private List<String> busy(String release) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(OnDemandModules.MAX_CONCURRENT);
        Kernel busy = Kernel.boot(Toys.profile(release, "printk").build());
        OnDemandModules few = new OnDemandModules(
                busy,
                name -> {
                    running.countDown();
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return List.of();
                },
                TimeUnit.MILLISECONDS.toNanos(50));
        List<Future<Integer>> results = new ArrayList<>();
        for (int i = 0; i < OnDemandModules.MAX_CONCURRENT; i++) {
            results.add(threads.submit(() -> few.requestModule("slow")));
        }
        running.await();
        assertThat(few.requestModule("late")).isEqualTo(-Errno.ETIME.number());
        end.countDown();
        for (Future<Integer> result : results) {
            assertThat(result.get()).isEqualTo(FAILED);
        }
        assertThat(few.requestModule("late")).isEqualTo(FAILED);
        return messages(busy);
    }

    @Test
    void requestModule_withFiftyRunning_waitsAndGivesUp() throws Exception {
        String busy =
                "request_module: modprobe late cannot be processed, kmod busy with 50 threads for more than 5 seconds now";
        assertThat(busy("6.12.0-toy")).containsExactly(busy);
        assertThat(busy("6.1.0-toy"))
                .containsExactly(
                        "request_module: kmod_concurrent_max (0) close to 0 (max_modprobes: 50), for module late, throttling...",
                        busy);
    }

    // Devices.

    @Test
    void uevent_withAModalias_loadsWhatIsForIt() {
        String alias = "pci:v00008086d00001234sv*sd*bc*sc*i*".repeat(3);
        know(alias, lib, fs);
        assertThat(modules.uevent(Map.of("ACTION", "add", "SUBSYSTEM", "pci", "MODALIAS", alias)))
                .isZero();
        assertThat(names()).containsExactly("fs", "lib");
        assertThat(modules.uevent(Map.of("ACTION", "change", "MODALIAS", "usb:v1")))
                .isEqualTo(FAILED);
        assertThat(modules.uevent(Map.of("ACTION", "remove", "MODALIAS", "usb:v1")))
                .isZero();
        assertThat(modules.uevent(Map.of("ACTION", "add"))).isZero();
    }

    // Passes.

    @Test
    void cleanPass_ofUnusedModules_unloadsUsersBeforeWhatTheyUse() {
        KernelSnapshot booted = KernelSnapshot.of(kernel, lib, fs, vfs);
        modules.requestModule("vfs");
        assertThat(modules.cleanPass()).containsExactly("vfs", "fs", "lib");
        assertThat(KernelSnapshot.of(kernel, lib, fs, vfs))
                .usingRecursiveComparison()
                .isEqualTo(booted);
    }

    @Test
    void cleanPass_sparesWhatWasVisitedOnce() {
        modules.requestModule("fs");
        KernelModule used = kernel.module("fs").orElseThrow();
        assertThat(used.isVisited()).isFalse();
        assertThat(used.tryGet()).isTrue();
        assertThat(used.isVisited()).isTrue();
        assertThat(modules.cleanPass()).isEmpty();
        used.put();
        assertThat(modules.cleanPass()).isEmpty();
        assertThat(used.isVisited()).isFalse();
        assertThat(modules.cleanPass()).containsExactly("fs", "lib");
        assertThat(modules.cleanPass()).isEmpty();
    }

    /** In one pass, the user goes; in the same one, another module that was visited stays, however often the pass begins again. */
    @Test
    void cleanPass_thatBeginsAgain_doesNotTakeWhatItHasJustUnmarked() {
        know("other", module("other").build());
        modules.requestModule("other");
        modules.requestModule("fs");
        KernelModule other = kernel.module("other").orElseThrow();
        other.tryGet();
        other.put();
        assertThat(modules.cleanPass()).containsExactly("fs", "lib");
        assertThat(modules.cleanPass()).containsExactly("other");
    }

    @Test
    void cleanPass_leavesWhatWasLoadedByHand() {
        kernel.load(lib);
        modules.requestModule("fs");
        assertThat(modules.cleanPass()).containsExactly("fs");
        assertThat(modules.cleanPass()).isEmpty();
        assertThat(names()).containsExactly("lib");
        // asked for, too, it is still the one that was loaded by hand
        modules.requestModule("lib");
        assertThat(modules.cleanPass()).isEmpty();
    }

    @Test
    void load_byHandOfWhatWasLoadedOnDemand_isRefusedAndChangesNothing() {
        modules.requestModule("lib");
        assertThatThrownBy(() -> kernel.load(lib))
                .isInstanceOfSatisfying(
                        ModuleLoadException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
        assertThat(modules.cleanPass()).containsExactly("lib");
    }

    /** A user that was loaded by hand keeps what it uses; when it has gone, that was visited by it. */
    @Test
    void cleanPass_afterAUserThatWasLoadedByHandHasGone_waitsForOneMore() {
        modules.requestModule("lib");
        kernel.load(fs);
        assertThat(modules.cleanPass()).isEmpty();
        kernel.unload("fs");
        assertThat(modules.cleanPass()).isEmpty();
        assertThat(modules.cleanPass()).containsExactly("lib");
    }

    @Test
    void cleanPass_leavesAPermanentModule() {
        know("permanent", module("permanent").withoutExit().build());
        modules.requestModule("permanent");
        assertThat(modules.cleanPass()).isEmpty();
        assertThat(names()).containsExactly("permanent");
    }

    @Test
    void cleanPass_duringARequest_leavesWhatItNeeds() {
        List<String> gone = new ArrayList<>();
        known.put("slow", List.of(List.of(ModuleFinder.Candidate.of(lib), new ModuleFinder.Candidate("fs", () -> {
            gone.addAll(modules.cleanPass());
            return fs;
        }))));
        assertThat(modules.requestModule("slow")).isZero();
        assertThat(gone).isEmpty();
        assertThat(names()).containsExactly("fs", "lib");
    }
}
