package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Listeners, inits and exits that throw: the books are right all the same. */
class ModuleListenerTest {
    @Test
    void init_thatThrows_leavesTheBooksAsTheyWere() {
        FaultBench bench = new FaultBench("6.12.117-toy", Optional.of((module, address) -> {
            if (module.name().equals("all")) {
                throw new IllegalStateException("the emulator has no such instruction");
            }
            return 0;
        }));
        assertThat(bench.load()).hasMessage("the emulator has no such instruction");
        bench.assertUnchanged();
        assertThat(bench.heard).containsExactly(ModuleState.COMING, ModuleState.GOING);
    }

    /** blocking_notifier_call_chain_robust(): GOING is for those who heard of COMING and had nothing against it. */
    @Test
    void listener_thatThrowsAtComing_endsTheLoad() {
        FaultBench bench = new FaultBench("6.12.117-toy");
        List<ModuleState> thrower = new ArrayList<>();
        List<ModuleState> behind = new ArrayList<>();
        bench.kernel.addListener((module, state) -> {
            thrower.add(state);
            throw new IllegalStateException("no");
        });
        bench.kernel.addListener((module, state) -> behind.add(state));
        // the bench's own asserts the module's state at GOING, which it is not in yet: as in the kernel
        bench.heard.clear();
        assertThat(bench.load()).hasMessage("no");
        assertThat(bench.heard).startsWith(ModuleState.COMING);
        assertThat(thrower).containsExactly(ModuleState.COMING);
        assertThat(behind).isEmpty();
        bench.assertUnchanged();
    }

    /** Others may use the module already: the load cannot be undone. */
    @Test
    void listener_thatThrowsAtLive_isHeardOfAndTheModuleIsLive() {
        FaultBench bench = new FaultBench("6.12.117-toy");
        List<ModuleState> behind = new ArrayList<>();
        bench.kernel.addListener((module, state) -> {
            if (state == ModuleState.LIVE) {
                throw new IllegalStateException("no");
            }
        });
        bench.kernel.addListener((module, state) -> behind.add(state));
        assertThat(bench.load()).hasMessage("no");
        KernelModule all = bench.kernel.module("all").orElseThrow();
        assertThat(all.state()).isEqualTo(ModuleState.LIVE);
        assertThat(all.references()).isZero();
        assertThat(all.memory()).doesNotContainKey(MemoryType.INIT_TEXT);
        assertThat(behind).containsExactly(ModuleState.COMING, ModuleState.LIVE);
        bench.kernel.unload("all");
        bench.assertUnchanged();
    }

    @Test
    void listener_thatThrowsAtGoing_hindersNobody() {
        FaultBench bench = new FaultBench("6.12.117-toy");
        List<ModuleState> behind = new ArrayList<>();
        bench.kernel.addListener((module, state) -> {
            if (state == ModuleState.GOING) {
                throw new IllegalStateException("no");
            }
        });
        bench.kernel.addListener((module, state) -> behind.add(state));
        bench.kernel.faults(stage -> {
            if (stage == LoadStage.INIT) {
                throw new LoadProblem(Problem.Kind.INIT, Errno.EIO, "", "injected", "none");
            }
        });
        Throwable refused = bench.load();
        assertThat(refused).isInstanceOf(ModuleLoadException.class);
        assertThat(refused.getSuppressed())
                .singleElement()
                .satisfies(e -> assertThat(e).hasMessage("no"));
        bench.assertUnchanged();
        bench.load();
        assertThatThrownBy(() -> bench.kernel.unload("all")).hasMessage("no");
        assertThat(behind)
                .containsExactly(
                        ModuleState.COMING, ModuleState.GOING, ModuleState.COMING, ModuleState.LIVE, ModuleState.GOING);
        bench.assertUnchanged();
    }

    @Test
    void exit_thatThrows_doesNotKeepTheModule() {
        FaultBench bench = new FaultBench("6.12.117-toy", Optional.of(new InitExecutor() {
            @Override
            public int init(KernelModule module, long address) {
                return 0;
            }

            @Override
            public void exit(KernelModule module, long address) {
                throw new IllegalStateException("exit");
            }
        }));
        assertThat(bench.load()).isNull();
        assertThatThrownBy(() -> bench.kernel.unload("all")).hasMessage("exit");
        assertThat(bench.heard).containsExactly(ModuleState.COMING, ModuleState.LIVE, ModuleState.GOING);
        bench.assertUnchanged();
    }
}
