package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.jkmod.core.LoadStage.ADD_UNFORMED_MODULE;
import static org.jkmod.core.LoadStage.APPLY_RELOCATIONS;
import static org.jkmod.core.LoadStage.BLACKLIST;
import static org.jkmod.core.LoadStage.COMPLETE_FORMATION;
import static org.jkmod.core.LoadStage.EARLY_TAINTS;
import static org.jkmod.core.LoadStage.ELF_VALIDITY;
import static org.jkmod.core.LoadStage.ENFORCE_RWX_SECTIONS;
import static org.jkmod.core.LoadStage.EXISTS;
import static org.jkmod.core.LoadStage.EXPORT_SECTIONS;
import static org.jkmod.core.LoadStage.FIND_MODULE_SECTIONS;
import static org.jkmod.core.LoadStage.FROB_ARCH_SECTIONS;
import static org.jkmod.core.LoadStage.INIT;
import static org.jkmod.core.LoadStage.LIVEPATCH;
import static org.jkmod.core.LoadStage.MODULE_LAYOUT_VERSION;
import static org.jkmod.core.LoadStage.MOVE_MODULE;
import static org.jkmod.core.LoadStage.PARSE_ARGS;
import static org.jkmod.core.LoadStage.PERCPU_MODALLOC;
import static org.jkmod.core.LoadStage.PREPARE_COMING_MODULE;
import static org.jkmod.core.LoadStage.SETUP_MODINFO;
import static org.jkmod.core.LoadStage.SIGNATURE;
import static org.jkmod.core.LoadStage.SIMPLIFY_SYMBOLS;
import static org.jkmod.core.LoadStage.SYSFS_SETUP;
import static org.jkmod.core.LoadStage.TAINTS;
import static org.jkmod.core.LoadStage.VERMAGIC;
import static org.jkmod.core.ModuleBuilder.module;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A load that fails, at every stage of every generation: it leaves the books as they were, and of taints and messages what load_module()
 * has left at that point. What that is, is written down here from kernel/module/main.c of Linux 6.1, 6.12 and 7.2.
 */
class FaultInjectionTest {
    private static final String LOCKDEP = "Disabling lock debugging due to kernel taint";

    /** What a stage leaves in the log and among the taints when it has been taken. */
    private record Left(List<String> messages, Set<Taint> taints) {
        void assertOf(FaultBench bench) {
            bench.assertLeft(messages, taints);
        }
    }

    /**
     * A generation.
     *
     * @param release of a kernel of it
     * @param stages in the order of load_module()
     * @param left by the stages that leave something
     */
    private record Row(String release, List<LoadStage> stages, Map<LoadStage, Left> left) {
        /** All that is left when a stage begins. */
        Left before(LoadStage stage) {
            List<String> messages = new ArrayList<>();
            Set<Taint> taints = EnumSet.noneOf(Taint.class);
            for (LoadStage earlier : stages.subList(0, stages.indexOf(stage))) {
                if (left.containsKey(earlier)) {
                    messages.addAll(left.get(earlier).messages());
                    taints.addAll(left.get(earlier).taints());
                }
            }
            return new Left(messages, taints);
        }
    }

    /** try_to_force_load(), of a module whose version magic is ignored. */
    private static final Left FORCED =
            new Left(List.of("all: bad vermagic: kernel tainted.", LOCKDEP), Set.of(Taint.FORCED_MODULE));

    /** param_check_unsafe(). */
    private static final Left UNSAFE =
            new Left(List.of("Setting dangerous option risk - tainting kernel"), Set.of(Taint.USER));

    private static final String OUT_OF_TREE = "all: loading out-of-tree module taints kernel.";
    private static final String STAGING =
            "all: module is from the staging directory, the quality is unknown, you have been warned.";
    private static final String LICENSE = "all: module license 'Closed' taints kernel.";
    private static final String TEST = "all: loading test module taints kernel.";
    private static final String UNSIGNED =
            "all: module verification failed: signature and/or required key missing - tainting kernel";
    private static final Set<Taint> OF_MODINFO =
            Set.of(Taint.OOT_MODULE, Taint.CRAP, Taint.PROPRIETARY_MODULE, Taint.TEST);

    /** From formed to live. */
    private static final List<LoadStage> LAST = List.of(
            PERCPU_MODALLOC,
            FIND_MODULE_SECTIONS,
            EXPORT_SECTIONS,
            SETUP_MODINFO,
            SIMPLIFY_SYMBOLS,
            APPLY_RELOCATIONS,
            COMPLETE_FORMATION,
            PREPARE_COMING_MODULE,
            PARSE_ARGS,
            SYSFS_SETUP,
            INIT);

    /** 6.1: check_modinfo() in layout_and_allocate() taints; load_module() itself does for the signature, once the module is unique. */
    private static Row linux61() {
        Map<LoadStage, Left> left = new EnumMap<>(LoadStage.class);
        left.put(VERMAGIC, FORCED);
        left.put(EARLY_TAINTS, new Left(List.of(OUT_OF_TREE, STAGING, LICENSE, TEST), OF_MODINFO));
        left.put(TAINTS, new Left(List.of(UNSIGNED), Set.of(Taint.UNSIGNED_MODULE)));
        left.put(PARSE_ARGS, UNSAFE);
        return new Row(
                "6.1.0-toy",
                concat(
                        List.of(
                                SIGNATURE,
                                ELF_VALIDITY,
                                BLACKLIST,
                                MODULE_LAYOUT_VERSION,
                                VERMAGIC,
                                EARLY_TAINTS,
                                FROB_ARCH_SECTIONS,
                                ENFORCE_RWX_SECTIONS,
                                MOVE_MODULE,
                                ADD_UNFORMED_MODULE,
                                TAINTS),
                        LAST),
                left);
    }

    /** Since 6.4: early_mod_check() forces at most; module_augment_kernel_taints() does all else, once the module is unique. */
    private static Row later(String release) {
        Map<LoadStage, Left> left = new EnumMap<>(LoadStage.class);
        left.put(VERMAGIC, FORCED);
        Set<Taint> taints = EnumSet.copyOf(OF_MODINFO);
        taints.add(Taint.UNSIGNED_MODULE);
        left.put(
                TAINTS,
                new Left(
                        List.of(OUT_OF_TREE, STAGING, LICENSE, TEST, UNSIGNED, "all: module license taints kernel."),
                        taints));
        left.put(PARSE_ARGS, UNSAFE);
        return new Row(
                release,
                concat(
                        List.of(
                                SIGNATURE,
                                ELF_VALIDITY,
                                BLACKLIST,
                                MODULE_LAYOUT_VERSION,
                                VERMAGIC,
                                LIVEPATCH,
                                EXISTS,
                                FROB_ARCH_SECTIONS,
                                ENFORCE_RWX_SECTIONS,
                                MOVE_MODULE,
                                ADD_UNFORMED_MODULE,
                                TAINTS),
                        LAST),
                left);
    }

    private static List<LoadStage> concat(List<LoadStage> first, List<LoadStage> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static List<Row> rows() {
        return List.of(linux61(), later("6.4.0-toy"), later("6.12.117-toy"), later("7.1.0-toy"));
    }

    /** What may be thrown from a stage: what a module does wrong, and what we do wrong. */
    private static final Map<String, Supplier<Throwable>> FAULTS = Map.of(
            "problem", () -> new LoadProblem(Problem.Kind.INIT, Errno.EIO, "", "injected", "none"),
            "exception", () -> new IllegalStateException("injected"),
            "error", () -> new AssertionError("injected"));

    private static Consumer<LoadStage> failing(LoadStage at, Supplier<Throwable> fault) {
        return stage -> {
            if (stage == at) {
                Throwable thrown = fault.get();
                if (thrown instanceof RuntimeException e) {
                    throw e;
                }
                throw (Error) thrown;
            }
        };
    }

    private static DynamicTest test(Row row, LoadStage stage, String fault, Runnable body) {
        return DynamicTest.dynamicTest(row.release() + " " + stage + " " + fault, body::run);
    }

    /** Every stage of every row, with everything that may be thrown there. */
    private static Stream<DynamicTest> everywhere(Body body) {
        return rows().stream()
                .flatMap(row -> row.stages().stream()
                        .flatMap(stage -> FAULTS.keySet().stream()
                                .sorted()
                                .map(fault -> test(row, stage, fault, () -> body.run(row, stage, FAULTS.get(fault))))));
    }

    private interface Body {
        void run(Row row, LoadStage stage, Supplier<Throwable> fault);
    }

    @TestFactory
    Stream<DynamicTest> load_thatSucceeds_takesTheStagesInTheKernelsOrder() {
        return rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.release(), () -> {
                    FaultBench bench = new FaultBench(row.release());
                    List<LoadStage> taken = new ArrayList<>();
                    bench.kernel.faults(taken::add);
                    KernelModule all = bench.kernel.load(bench.object, FaultBench.OPTIONS);
                    assertThat(taken).isEqualTo(row.stages());
                    assertThat(bench.heard).containsExactly(ModuleState.COMING, ModuleState.LIVE);
                    row.before(INIT).assertOf(bench);
                    assertThat(all.taints())
                            .containsExactlyInAnyOrder(
                                    Taint.FORCED_MODULE,
                                    Taint.OOT_MODULE,
                                    Taint.CRAP,
                                    Taint.PROPRIETARY_MODULE,
                                    Taint.TEST,
                                    Taint.UNSIGNED_MODULE);
                    assertThat(all.parameters())
                            .singleElement()
                            .satisfies(p -> assertThat(p.value()).contains("3"));
                    assertThat(all.memory()).containsKey(MemoryType.PERCPU);
                    assertThat(bench.base.users()).containsExactly(new ModuleUse(all, bench.base));
                    bench.kernel.unload("all");
                    bench.assertUnchanged();
                }));
    }

    @TestFactory
    Stream<DynamicTest> load_thatFailsAtAStage_leavesWhatTheKernelLeaves() {
        return everywhere((row, stage, fault) -> {
            FaultBench bench = new FaultBench(row.release());
            bench.kernel.faults(failing(stage, fault));
            Throwable thrown = bench.load();
            if (fault.get() instanceof LoadProblem) {
                assertThat(thrown)
                        .isInstanceOfSatisfying(
                                ModuleLoadException.class,
                                e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
            } else {
                assertThat(thrown).hasSameClassAs(fault.get()).hasMessage("injected");
            }
            assertThat(thrown.getSuppressed()).isEmpty();
            bench.assertUnchanged();
            row.before(stage).assertOf(bench);
            // prepare_coming_module() tells the notifiers; until then nobody hears anything, and the stage begins
            // before it does
            boolean told = row.stages().indexOf(stage) > row.stages().indexOf(PREPARE_COMING_MODULE);
            assertThat(bench.heard).isEqualTo(told ? List.of(ModuleState.COMING, ModuleState.GOING) : List.of());

            // and the next load is as good as the first would have been
            FaultBench other = new FaultBench(row.release());
            KernelModule fresh = other.kernel.load(other.object, FaultBench.OPTIONS);
            KernelModule again = bench.kernel.load(bench.object, FaultBench.OPTIONS);
            assertThat(again.procLine()).isEqualTo(fresh.procLine());
            assertThat(again.sections()).isEqualTo(fresh.sections());
            bench.kernel.unload("all");
            bench.assertUnchanged();
        });
    }

    @TestFactory
    Stream<DynamicTest> check_withAFaultAtAStage_leavesNoTrace() {
        return everywhere((row, stage, fault) -> {
            FaultBench bench = new FaultBench(row.release());
            bench.kernel.faults(failing(stage, fault));
            Throwable thrown = catchThrowable(() -> assertThat(
                            bench.kernel.check(bench.object, FaultBench.OPTIONS).errno())
                    .contains(Errno.EIO));
            if (fault.get() instanceof LoadProblem) {
                assertThat(thrown).isNull();
            } else {
                assertThat(thrown).hasMessage("injected");
            }
            bench.assertUnchanged();
            bench.assertLeft(List.of(), Set.of());
            assertThat(bench.heard).isEmpty();
        });
    }

    // What others do: the module's own functions, and those who listen.

    @TestFactory
    Stream<DynamicTest> init_thatFails_endsTheLoadWithItsErrno() {
        return rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.release(), () -> {
                    FaultBench bench = new FaultBench(
                            row.release(),
                            Optional.of((module, address) -> module.name().equals("all") ? -Errno.ENODEV.number() : 0));
                    assertThat(bench.load())
                            .isInstanceOfSatisfying(
                                    ModuleLoadException.class,
                                    e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
                    bench.assertUnchanged();
                    row.before(INIT).assertOf(bench);
                    assertThat(bench.heard).containsExactly(ModuleState.COMING, ModuleState.GOING);
                }));
    }
}
