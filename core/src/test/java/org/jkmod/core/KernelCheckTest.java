package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jkmod.core.Problem.Kind;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelCheckTest {
    private static Kernel kernel() {
        return Kernel.boot(Toys.profile(
                        Toys.RELEASE,
                        "module_layout",
                        "printk",
                        "kfree",
                        "inner vmlinux gpl INNER",
                        "a1 drivers/toy/a",
                        "param_ops_int")
                .config("MODVERSIONS", "y")
                .build());
    }

    /** Vermagic wrong and forced, an unknown symbol, a checksum, a namespace, a parameter: the kernel sees the symbols first. */
    private static ModuleBuilder broken() {
        return module("broken")
                .with("vermagic", "5.4.0-other SMP preempt mod_unload modversions ")
                .and("parmtype", "size:int")
                .versions("module_layout", "inner", "prnitk", "param_ops_int")
                .version("kfree", 0x1234)
                .imports("prnitk", "kfree", "inner");
    }

    @Test
    void check_ofAModuleWithManyProblems_findsThemAllAndSaysWhatTheKernelWould() {
        Kernel kernel = kernel();
        KernelObject object = broken().parameter("size", "param_ops_int", 0).build();
        KernelSnapshot before = KernelSnapshot.of(kernel, object);
        Verdict verdict = kernel.check(object, new LoadOptions("size=many", true, false));
        assertThat(verdict.problems())
                .extracting(Problem::kind, Problem::errno)
                .containsExactly(
                        tuple(Kind.VERMAGIC, Optional.empty()),
                        tuple(Kind.UNKNOWN_SYMBOL, Optional.of(Errno.ENOENT)),
                        tuple(Kind.SYMBOL_VERSION, Optional.of(Errno.EINVAL)),
                        tuple(Kind.NAMESPACE, Optional.of(Errno.EINVAL)),
                        tuple(Kind.PARAMETER, Optional.of(Errno.EINVAL)));
        assertThat(verdict.problems())
                .extracting(Problem::remedy)
                .containsExactly(
                        "build the module against the headers of 6.12.0-toy",
                        "the nearest name that is exported is printk",
                        "build the module against this kernel",
                        "add MODULE_IMPORT_NS(\"INNER\")",
                        "give it a value of that type");
        assertThat(verdict.loads()).isFalse();
        assertThat(verdict.errno()).contains(Errno.EINVAL);
        assertThat(verdict.messages())
                .containsExactly(
                        "broken: bad vermagic: kernel tainted.",
                        "Disabling lock debugging due to kernel taint",
                        "broken: Unknown symbol prnitk (err -2)",
                        "broken: disagrees about version of symbol kfree",
                        "broken: Unknown symbol kfree (err -22)",
                        "broken: module uses symbol (inner) from namespace INNER, but does not import it.",
                        "broken: Unknown symbol inner (err -22)");
        assertThat(verdict.taints()).containsExactly(Taint.FORCED_MODULE);
        assertThat(verdict.tainted()).isEqualTo(2);
        assertThat(KernelSnapshot.of(kernel, object)).usingRecursiveComparison().isEqualTo(before);
        assertThat(kernel.log().lines()).isEmpty();
        assertThat(kernel.taints()).isEmpty();
    }

    /** A module, and with which options. */
    private record Case(String name, KernelObject object, LoadOptions options) {}

    private static Stream<Case> cases() {
        LoadOptions none = LoadOptions.NONE;
        return Stream.of(
                new Case("good", module("good").versions("module_layout").build(), none),
                new Case("broken", broken().build(), none),
                new Case("broken, forced", broken().build(), new LoadOptions("", true, true)),
                new Case("there already", module("a").versions("module_layout").build(), none),
                new Case(
                        "of many colours",
                        module("colours")
                                .versions("module_layout")
                                .without("intree")
                                .with("staging", "Y")
                                .with("license", "Proprietary")
                                .build(),
                        none),
                new Case(
                        "provided by a module",
                        module("user")
                                .versions("module_layout", "a1")
                                .imports("a1")
                                .build(),
                        none),
                new Case("too large", module("large").textSize(1 << 28).build(), none),
                new Case("no module", KernelObject.unchecked(new byte[] {1, 2, 3}, "no.ko"), none));
    }

    /** What a check says is what a load then does; on every generation. */
    @TestFactory
    Stream<DynamicTest> check_beforeALoad_saysWhatItDoes() {
        return Stream.of("6.1.0", "6.12.0", "6.12.117", "7.2.0")
                .flatMap(release -> cases().map(c -> DynamicTest.dynamicTest(release + " " + c.name(), () -> {
                    Kernel kernel = Kernel.boot(
                            Toys.profile(release, "module_layout", "printk", "kfree", "inner vmlinux gpl INNER")
                                    .config("MODVERSIONS", "y")
                                    .config("MODULE_SIG", "y")
                                    .build());
                    UnaryOperator<ModuleBuilder> exporter = b -> release.startsWith("7") ? b.withFlagTable() : b;
                    kernel.load(
                            exporter.apply(module("a").versions("module_layout").exports("a1"))
                                    .build());
                    int before = kernel.log().lines().size();
                    Verdict verdict = kernel.check(c.object(), c.options());
                    assertThat(kernel.log().lines()).hasSize(before);
                    Optional<Errno> errno = Optional.empty();
                    try {
                        kernel.load(c.object(), c.options());
                    } catch (ModuleLoadException e) {
                        errno = Optional.of(e.errno());
                    }
                    List<KernelLog.Line> lines = kernel.log().lines();
                    assertThat(verdict.errno()).isEqualTo(errno);
                    assertThat(verdict.messages())
                            .isEqualTo(lines.subList(before, lines.size()).stream()
                                    .map(KernelLog.Line::text)
                                    .toList());
                    assertThat(verdict.taints()).isEqualTo(kernel.taints());
                })));
    }

    @Test
    void check_ofAModuleWhoseExporterIsNotLoaded_namesIt() {
        Verdict verdict = kernel().check(
                        module("b").versions("module_layout").imports("a1").build(), LoadOptions.NONE);
        assertThat(verdict.problems())
                .singleElement()
                .satisfies(p -> assertThat(p.remedy()).isEqualTo("load a first"));
    }

    @Test
    void check_withoutFactsThatMatter_saysSo() {
        Kernel kernel = Kernel.boot(KernelProfile.builder(Toys.RELEASE)
                .architecture(new ToyArchitecture())
                .config("MODVERSIONS", "n")
                .build());
        Verdict verdict = kernel.check(module("a").build(), LoadOptions.NONE);
        assertThat(verdict.loads()).isTrue();
        assertThat(verdict.unknown())
                .contains(
                        "the version magic: not compared",
                        "sizeof(struct module): not compared",
                        "the kernel's exports: taken for none");
    }

    /** {@code finit_module} with a flag that nothing needs: the module loads, and taints the kernel all the same. */
    @Test
    void check_ofAGoodModuleByForce_saysThatItNeedsNone() {
        Verdict verdict =
                kernel().check(module("a").versions("module_layout").build(), new LoadOptions("", true, false));
        assertThat(verdict.loads()).isTrue();
        assertThat(verdict.problems())
                .singleElement()
                .satisfies(p -> assertThat(p.remedy()).isEqualTo("load it without force: it needs none"));
    }

    /** {@code index.vers = 0}: the section is one like others then, and gets memory. */
    @Test
    void versions_thatAreIgnored_getMemory() {
        KernelObject object = module("a")
                .versions("module_layout", "printk")
                .imports("printk")
                .build();
        Kernel kernel = kernel();
        assertThat(kernel.load(object).section("__versions")).isEmpty();
        kernel.unload("a");
        assertThat(kernel.load(object, new LoadOptions("", false, true)).section("__versions"))
                .isPresent();
    }

    @Test
    void sections_ofOneName_cannotBeShownInSysfs() {
        byte[] bytes = module("twice")
                .section(".data.one", SHF_ALLOC | SHF_WRITE, 8, 8)
                .section(".data.two", SHF_ALLOC | SHF_WRITE, 8, 8)
                .versions("module_layout")
                .bytes();
        KernelObject object =
                PatchedModule.of(bytes).sectionName(".data.two", ".data.one").object();
        assertThat(kernel().check(object, LoadOptions.NONE).errno()).contains(Errno.EEXIST);
        Kernel older = Kernel.boot(Toys.profile("6.1.0", "module_layout").build());
        Verdict verdict = older.check(object, LoadOptions.NONE);
        assertThat(verdict.loads()).isTrue();
        assertThat(verdict.messages())
                .containsExactly("sysfs: cannot create duplicate filename '/module/twice/sections/.data.one'");
    }

    /** kernel_read_file of fs/kernel_read_file.c; recorded of real kernels, too, with finit_module(2). */
    @Test
    void load_ofAnEmptyFile_isRefusedWithoutAWord() {
        KernelObject empty = KernelObject.unchecked(new byte[0], "empty.ko");
        Verdict verdict = kernel().check(empty, LoadOptions.NONE);
        assertThat(verdict.errno()).contains(Errno.EINVAL);
        assertThat(verdict.messages()).isEmpty();
        Kernel kernel = kernel();
        assertThatThrownBy(() -> kernel.load(empty)).isInstanceOf(ModuleLoadException.class);
        assertThat(kernel.log().lines()).isEmpty();
    }

    /** mod_sysfs_init of kernel/module/sysfs.c, which is the same in 6.1, 6.12 and 7.2. */
    @Test
    void load_ofAModuleNamedAsABuiltIn_isRefused() {
        KernelObject object = module("tcp_cubic").versions("module_layout").build();
        for (String release : new String[] {"6.1.0", "6.12.0-toy", "7.2.0"}) {
            KernelProfile.Builder profile = Toys.profile(release, "module_layout");
            Kernel unknown = Kernel.boot(profile.build());
            assertThat(unknown.load(object, new LoadOptions("", true, true)).name())
                    .isEqualTo("tcp_cubic");
            Kernel kernel = Kernel.boot(profile.sysfsModule("tcp_cubic").build());
            Verdict verdict = kernel.check(object, new LoadOptions("", true, true));
            assertThat(verdict.errno()).contains(Errno.EINVAL);
            assertThat(verdict.messages()).contains("tcp_cubic: module is already loaded");
            assertThat(verdict.problems()).extracting(Problem::kind).contains(Kind.SYSFS);
            assertThatThrownBy(() -> kernel.load(object, new LoadOptions("", true, true)))
                    .isInstanceOf(ModuleLoadException.class)
                    .hasMessageContaining("tcp_cubic: module is already loaded");
            assertThat(kernel.modules()).isEmpty();
        }
    }

    @Test
    void load_thatIsAbandoned_leavesNothing() {
        Kernel kernel = kernel();
        KernelObject object = module("a").versions("module_layout").build();
        KernelSnapshot before = KernelSnapshot.of(kernel, object);
        ModuleLoad load = kernel.begin(object, LoadOptions.NONE);
        load.form();
        load.relocate();
        load.abandon();
        load.abandon();
        assertThat(KernelSnapshot.of(kernel, object)).usingRecursiveComparison().isEqualTo(before);
        assertThatThrownBy(load::run).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(load::form).isInstanceOf(IllegalStateException.class);
        kernel.load(object);
    }

    /** A listener that unloads by force what has just become live: its init memory is freed once. */
    @Test
    void module_unloadedByForceAsSoonAsItIsLive_givesItsMemoryBackOnce() {
        Kernel kernel = kernel();
        KernelObject object = module("a").versions("module_layout").build();
        KernelSnapshot before = KernelSnapshot.of(kernel, object);
        ModuleListener hasty = (module, state) -> {
            if (state == ModuleState.LIVE) {
                kernel.unload(module.name(), Kernel.O_TRUNC);
            }
        };
        kernel.addListener(hasty);
        kernel.load(object);
        kernel.removeListener(hasty);
        assertThat(KernelSnapshot.of(kernel, object)).usingRecursiveComparison().isEqualTo(before);
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
        kernel.load(object);
    }

    @Test
    void init_thatReturnsNoErrno_failsAllTheSame() {
        Kernel kernel = Kernel.boot(
                Toys.profile(Toys.RELEASE).build(), BootOptions.DEFAULT.withExecutor((module, address) -> -5000));
        assertThatThrownBy(() -> kernel.load(module("a").build()))
                .isInstanceOfSatisfying(
                        ModuleLoadException.class,
                        e -> assertThat(e.problem().meaning()).contains("-5000, which is no errno"));
        assertThat(kernel.modules()).isEmpty();
    }
}
