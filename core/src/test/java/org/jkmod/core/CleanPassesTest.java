package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Passes at their time, by a clock that this test moves. */
@Timeout(30)
class CleanPassesTest {
    private static final class ManualClock implements InstantSource {
        private Instant now = Instant.EPOCH;

        @Override
        public Instant instant() {
            return now;
        }

        void pass(long seconds) {
            now = now.plusSeconds(seconds);
        }
    }

    private final ManualClock clock = new ManualClock();
    private final KernelObject lib = module("lib").exports("lib1").build();
    private final KernelObject fs = module("fs").imports("lib1").build();
    private final Kernel kernel = Toys.kernel();
    private final OnDemandModules modules = new OnDemandModules(
            kernel, name -> List.of(List.of(ModuleFinder.Candidate.of(lib), ModuleFinder.Candidate.of(fs))));
    private final CleanPasses passes = new CleanPasses(modules, clock);

    @Test
    void runPending_beforeThePeriodIsOver_doesNothing() {
        modules.requestModule("fs");
        assertThat(passes.runPending()).isEmpty();
        clock.pass(179);
        assertThat(passes.runPending()).isEmpty();
        assertThat(kernel.modules()).hasSize(2);
        clock.pass(1);
        assertThat(passes.runPending()).containsExactly("fs", "lib");
        assertThat(passes.due()).isEqualTo(Instant.EPOCH.plusSeconds(360));
    }

    @Test
    void runPending_ofAModuleInUse_takesItInThePassAfterTheOneThatFollowsItsUse() {
        modules.requestModule("fs");
        KernelModule used = kernel.module("fs").orElseThrow();
        used.tryGet();
        clock.pass(180);
        assertThat(passes.runPending()).isEmpty();
        clock.pass(90);
        used.put();
        clock.pass(90);
        assertThat(passes.runPending()).isEmpty();
        clock.pass(179);
        assertThat(passes.runPending()).isEmpty();
        clock.pass(1);
        assertThat(passes.runPending()).containsExactly("fs", "lib");
    }

    @Test
    void runPending_afterALongTime_runsWhatWasDueAndKeepsTheBeat() {
        modules.requestModule("fs");
        KernelModule used = kernel.module("fs").orElseThrow();
        used.tryGet();
        used.put();
        clock.pass(1_000_000_000_000L * 180 + 20);
        assertThat(passes.runPending()).containsExactly("fs", "lib");
        assertThat(passes.due()).isEqualTo(clock.instant().plusSeconds(160));
        assertThat(passes.runPending()).isEmpty();
    }

    @Test
    void runPending_withAnotherPeriod_isDueThen() {
        CleanPasses often = new CleanPasses(modules, clock, Duration.ofSeconds(1));
        modules.requestModule("fs");
        clock.pass(1);
        assertThat(often.runPending()).containsExactly("fs", "lib");
        assertThatThrownBy(() -> new CleanPasses(modules, clock, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void schedule_withARealClock_runsPasses() throws Exception {
        CountDownLatch gone = new CountDownLatch(2);
        kernel.addListener((module, state) -> {
            if (state == ModuleState.GOING) {
                gone.countDown();
            }
        });
        modules.requestModule("fs");
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        try {
            var passing = new CleanPasses(modules, InstantSource.system(), Duration.ofMillis(20)).schedule(executor);
            assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
            passing.cancel(false);
        } finally {
            executor.shutdownNow();
        }
    }
}
