package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_COMMON;
import static org.jkmod.elf.Elf.SHT_NULL;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jkmod.elf.ElfFile;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The books of the module loader, with small modules made here. What real modules make of it, the architectures' tests look at. */
class KernelTest {
    private final Kernel kernel = Toys.kernel("printk", "kfree", "secret vmlinux gpl", "inner vmlinux gpl INNER");

    private static List<String> texts(Kernel kernel) {
        return kernel.log().lines().stream().map(KernelLog.Line::text).toList();
    }

    private static ModuleLoadException failure(Runnable load) {
        ModuleLoadException e = catchThrowableOfType(ModuleLoadException.class, load::run);
        assertThat(e).isNotNull();
        return e;
    }

    // Life.

    @Test
    void load_ofAChain_keepsUsesUsersReferencesAndOrder() {
        KernelModule a =
                kernel.load(module("a").exports("a1", "a2").imports("printk").build());
        KernelModule b = kernel.load(
                module("b").exports("b1").imports("a1", "a2", "printk").build());
        KernelModule c = kernel.load(module("c").imports("b1", "a2", "kfree").build());

        assertThat(kernel.modules()).containsExactly(c, b, a);
        assertThat(kernel.module("b")).containsSame(b);
        assertThat(a.uses()).isEmpty();
        assertThat(a.users()).containsExactly(new ModuleUse(c, a), new ModuleUse(b, a));
        assertThat(b.uses()).containsExactly(new ModuleUse(b, a));
        assertThat(b.users()).containsExactly(new ModuleUse(c, b));
        assertThat(c.uses()).containsExactlyInAnyOrder(new ModuleUse(c, a), new ModuleUse(c, b));
        assertThat(List.of(a.references(), b.references(), c.references())).containsExactly(2, 1, 0);
        assertThat(kernel.modules()).extracting(KernelModule::state).containsOnly(ModuleState.LIVE);
        assertThat(kernel.log().lines()).isEmpty();
        assertThat(kernel.taints()).isEmpty();
    }

    @Test
    void symbol_exportedByALoadedModule_isVisibleUntilItIsUnloaded() {
        assertThat(kernel.symbol("a1")).isEmpty();
        KernelModule a =
                kernel.load(module("a").exports("a1").exportsGpl("a2", "NS").build());
        long text = a.memory(MemoryType.TEXT).base();
        assertThat(kernel.symbol("a1"))
                .contains(new KernelSymbol(
                        "a1", text + 32, OptionalInt.of(ModuleBuilder.crcOf("a1")), false, "", Optional.of("a")));
        assertThat(kernel.symbol("a2")).hasValueSatisfying(s -> {
            assertThat(s.gplOnly()).isTrue();
            assertThat(s.namespace()).isEqualTo("NS");
        });
        kernel.unload("a");
        assertThat(kernel.symbol("a1")).isEmpty();
        assertThat(kernel.symbol("a2")).isEmpty();
        assertThat(kernel.symbol("printk"))
                .hasValueSatisfying(s -> assertThat(s.owner()).isEmpty());
    }

    @Test
    void exports_inOneTableWithFlags_areReadByKernelsThatHaveIt() {
        Kernel linux72 = Kernel.boot(Toys.profile("7.2.0-toy", "printk").build());
        linux72.load(
                module("a").exports("a1").exportsGpl("a2", "NS").withFlagTable().build());
        assertThat(linux72.symbol("a1").orElseThrow().gplOnly()).isFalse();
        assertThat(linux72.symbol("a2").orElseThrow().gplOnly()).isTrue();
        assertThat(linux72.symbol("a2").orElseThrow().namespace()).isEqualTo("NS");
        // is_exported looks in __ksymtab, where in this kernel all of them are
        assertThat(linux72.kallsyms()).anyMatch(l -> l.endsWith(" T a1\t[a]")).anyMatch(l -> l.endsWith(" T a2\t[a]"));
    }

    @Test
    void relocation_againstAnImport_holdsTheExportsAddress() {
        KernelModule a = kernel.load(module("a").exports("a1").build());
        KernelModule b = kernel.load(
                module("b").imports("a1", "printk").importsWeakly("nowhere").build());
        var text = b.memory(MemoryType.TEXT).bytes();
        assertThat(text.getLong(32)).isEqualTo(a.memory(MemoryType.TEXT).base() + 32);
        assertThat(text.getLong(40))
                .isEqualTo(kernel.symbol("printk").orElseThrow().value());
        assertThat(text.getLong(48)).isZero();
        assertThat(b.relocations()).isEqualTo(5);
    }

    @Test
    void unload_whileInUse_isRefusedAndChangesNothing() {
        kernel.load(module("a").exports("a1").build());
        kernel.load(module("b").imports("a1").build());
        KernelSnapshot before = KernelSnapshot.of(kernel);
        assertThatThrownBy(() -> kernel.unload("a"))
                .isInstanceOfSatisfying(
                        ModuleInUseException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN))
                .hasMessage("Module a is in use by: b");
        assertThat(KernelSnapshot.of(kernel)).usingRecursiveComparison().isEqualTo(before);
    }

    @Test
    void unload_inReverseOrder_leavesTheKernelAsItWasBooted() {
        KernelObject[] objects = {
            module("a")
                    .exports("a1")
                    .section(".data..percpu", SHF_ALLOC | SHF_WRITE, 32, 100)
                    .build(),
            module("b")
                    .exports("b1")
                    .imports("a1")
                    .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 5000)
                    .build(),
            module("c").imports("a1", "b1").build()
        };
        KernelSnapshot booted = KernelSnapshot.of(kernel, objects);
        List<KernelSnapshot> before = new ArrayList<>();
        for (KernelObject object : objects) {
            before.add(KernelSnapshot.of(kernel, objects));
            kernel.load(object);
        }
        for (int i = objects.length - 1; i >= 0; i--) {
            kernel.unload(objects[i].name());
            assertThat(KernelSnapshot.of(kernel, objects))
                    .usingRecursiveComparison()
                    .isEqualTo(before.get(i));
        }
        assertThat(KernelSnapshot.of(kernel, objects))
                .usingRecursiveComparison()
                .isEqualTo(booted);
        assertThat(kernel.modules()).isEmpty();
    }

    @Test
    void unload_ofAnUnknownModule_isNoSuchModule() {
        assertThatThrownBy(() -> kernel.unload("nothing"))
                .isInstanceOfSatisfying(
                        NoSuchModuleException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void unload_ofAModuleWithInitAndWithoutExit_isBusy() {
        KernelModule permanent = kernel.load(module("a").withoutExit().build());
        assertThat(permanent.isPermanent()).isTrue();
        assertThat(permanent.procLine()).contains(" 0 [permanent], Live ");
        assertThatThrownBy(() -> kernel.unload("a"))
                .isInstanceOfSatisfying(
                        ModuleInUseException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        KernelModule neither = kernel.load(module("b").withoutInit().build());
        assertThat(neither.isPermanent()).isFalse();
        kernel.unload("b");
    }

    /** find_module() does not see what is still being formed. */
    @Test
    void module_thatIsStillUnformed_cannotBeUnloadedAndIsInNoList() {
        ModuleLoad load = kernel.begin(module("a").exports("a1").build(), LoadOptions.NONE);
        KernelSnapshot booted = KernelSnapshot.of(kernel, load.object());
        load.form();
        assertThat(kernel.procModules()).isEmpty();
        assertThat(kernel.kallsyms()).isEmpty();
        assertThat(kernel.symbol("a1")).isEmpty();
        assertThatThrownBy(() -> kernel.unload("a")).isInstanceOf(NoSuchModuleException.class);
        load.relocate();
        load.run();
        assertThat(kernel.procModules()).hasSize(1);
        kernel.unload("a");
        assertThat(KernelSnapshot.of(kernel, load.object()))
                .usingRecursiveComparison()
                .isEqualTo(booted);
    }

    @Test
    void initMemory_afterInit_isFreedAndNotCounted() {
        KernelModule a = kernel.load(module("a")
                .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 0x1800)
                .section(".init.data", SHF_ALLOC | SHF_WRITE, 16, 0x100)
                .section(".init.rodata", SHF_ALLOC, 16, 0x100)
                .build());
        assertThat(a.memory().keySet()).containsExactly(MemoryType.TEXT, MemoryType.DATA);
        assertThat(a.size()).isEqualTo(0x2000);
        assertThat(a.section(".init.text")).isEmpty();
        assertThat(a.sections()).extracting(KernelModule.LoadedSection::name).contains(".init.text", ".symtab");
        assertThat(kernel.memory().accounting().allocated()).isEqualTo(0x4000);
        // What comes next is put where that was: text, then data behind its guard page.
        assertThat(kernel.load(module("b").textSize(0x2001).build())
                        .memory(MemoryType.TEXT)
                        .base())
                .isEqualTo(a.memory(MemoryType.DATA).base() + 0x2000);
    }

    @Test
    void section_ofALoadedModule_isLittleEndianAndReadOnly() {
        KernelModule a = kernel.load(module("a")
                .section(".rodata", SHF_ALLOC, 8, 4)
                .imports("printk")
                .build());
        var rodata = a.section(".rodata").orElseThrow();
        assertThat(rodata.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(rodata.isReadOnly()).isTrue();
        assertThat(rodata.remaining()).isEqualTo(4);
        assertThat(rodata.get(0)).isEqualTo((byte) 'r');
        assertThat(a.section(".text").orElseThrow().getLong(32))
                .isEqualTo(kernel.symbol("printk").orElseThrow().value());
        assertThat(a.section(".nothing")).isEmpty();
        assertThat(a.memory(MemoryType.TEXT).bytes().isReadOnly()).isTrue();
        assertThatThrownBy(() -> a.memory(MemoryType.INIT_TEXT)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void symbolAt_addressesOfModulesAndKernel_areNamedWithTheirDistance() {
        Kallsyms addresses = Kallsyms.parse("""
                ffffffff81000000 T _text
                ffffffff81000100 T printk
                ffffffff81000180 t local
                """.getBytes(StandardCharsets.US_ASCII), "kallsyms");
        Kernel known = Kernel.boot(
                Toys.profile(Toys.RELEASE, "printk").addresses(addresses).build());
        KernelModule a = known.load(module("a").exports("a1").imports("printk").build());
        assertThat(a.memory(MemoryType.TEXT).bytes().getLong(32)).isEqualTo(0xffffffff81000100L);
        long text = a.memory(MemoryType.TEXT).base();
        assertThat(known.symbolAt(text + 33)).hasToString("Optional[a1+0x1/0xfe0 [a]]");
        assertThat(known.symbolAt(text + 31)).hasToString("Optional[cleanup_module+0xf/0x10 [a]]");
        assertThat(known.symbolAt(0xffffffff8100017fL)).hasToString("Optional[printk+0x7f/0x80]");
        assertThat(known.symbolAt(0xffffffff80ffffffL)).isEmpty();
        // sorted once, whoever boots it
        assertThat(known.profile().addressIndex())
                .containsSame(known.profile().addressIndex().orElseThrow());
        // the guard page
        assertThat(known.symbolAt(text + 0x1000)).isNotEqualTo(known.symbolAt(text));
        assertThat(known.moduleAt(text + 0xfff)).containsSame(a);
        assertThat(known.moduleAt(text + 0x1000)).isEmpty();
        assertThat(known.moduleAt(text - 1)).isEmpty();
        assertThat(known.kallsyms().subList(0, 3))
                .containsExactly("ffffffff81000000 T _text", "ffffffff81000100 T printk", "ffffffff81000180 t local");
    }

    @Test
    void log_withAClock_stampsMessages() {
        AtomicLong clock = new AtomicLong(12_345_678);
        Kernel timed = Kernel.boot(Toys.profile(Toys.RELEASE).build(), BootOptions.DEFAULT.withClock(clock::get));
        timed.load(module("a").without("intree").build());
        assertThat(timed.log().lines())
                .extracting(Object::toString)
                .containsExactly("[   12.345678] a: loading out-of-tree module taints kernel.");
    }

    @Test
    void parameters_ofALoad_areKept() {
        KernelModule a = kernel.load(module("a").build(), LoadOptions.parameters("x=1 y"));
        assertThat(a.arguments()).isEqualTo("x=1 y");
        assertThat(texts(kernel))
                .containsExactly("a: unknown parameter 'x' ignored", "a: unknown parameter 'y' ignored");
    }

    // Failures.

    /** A way to fail: a load, what it returns, what the kernel prints. */
    private record Case(String name, KernelObject object, Errno errno, List<String> printed) {}

    private static List<Case> failures() {
        KernelObject many =
                module("victim").exports("v1").imports("first1", "nothing").build();
        return List.of(
                new Case("unknown symbol", many, Errno.ENOENT, List.of("victim: Unknown symbol nothing (err -2)")),
                new Case("same name", module("first").imports("printk").build(), Errno.EEXIST, List.of()),
                new Case(
                        "another machine",
                        module("victim", 62).build(),
                        Errno.ENOEXEC,
                        List.of("Invalid architecture in ELF header: 62")),
                new Case(
                        "vermagic",
                        module("victim")
                                .with("vermagic", "6.12.0-toy SMP mod_unload ")
                                .build(),
                        Errno.ENOEXEC,
                        List.of("victim: version magic '6.12.0-toy SMP mod_unload ' should be '"
                                + ModuleBuilder.VERMAGIC + "'")),
                new Case(
                        "GPL-only symbol",
                        module("victim")
                                .with("license", "Closed")
                                .imports("first1", "secret")
                                .build(),
                        Errno.ENOENT,
                        List.of(
                                "victim: module license 'Closed' taints kernel.",
                                "Disabling lock debugging due to kernel taint",
                                "victim: module license taints kernel.",
                                "victim: Unknown symbol secret (err -2)")),
                new Case(
                        "namespace",
                        module("victim")
                                .and("import_ns", "OUTER")
                                .imports("first1", "inner")
                                .build(),
                        Errno.EINVAL,
                        List.of(
                                "victim: module uses symbol (inner) from namespace INNER, but does not import it.",
                                "victim: Unknown symbol inner (err -22)")),
                new Case(
                        "duplicate export of a module's",
                        module("victim")
                                .exports("v1", "first1")
                                .imports("first1")
                                .build(),
                        Errno.ENOEXEC,
                        List.of("victim: exports duplicate symbol first1 (owned by first)")),
                new Case(
                        "duplicate export of the kernel's",
                        module("victim")
                                .exports("v1", "printk")
                                .imports("first1")
                                .build(),
                        Errno.ENOEXEC,
                        List.of("victim: exports duplicate symbol printk (owned by kernel)")),
                new Case(
                        "relocation",
                        PatchedModule.of(module("victim").imports("first1").bytes())
                                .rela(".rela.text", 0)
                                .type(21)
                                .object(),
                        Errno.ENOEXEC,
                        List.of("module: victim: UNKNOWN_TYPE of type 21")),
                new Case(
                        "relocation out of its section",
                        PatchedModule.of(module("victim")
                                        .textSize(32)
                                        .imports("first1")
                                        .bytes())
                                .rela(".rela.text", 0)
                                .type(1)
                                .object(),
                        Errno.ENOEXEC,
                        List.of()),
                new Case(
                        "no room for the text",
                        module("victim").imports("first1").textSize(0x9000).build(),
                        Errno.ENOMEM,
                        List.of("execmem: unable to allocate memory")),
                new Case(
                        "no room for the last of three memories",
                        module("victim")
                                .imports("first1")
                                .noBits(".init.bss", SHF_ALLOC | SHF_WRITE, 8, 0x10000)
                                .build(),
                        Errno.ENOMEM,
                        List.of("execmem: unable to allocate memory")),
                new Case(
                        "no room for the per-CPU data",
                        module("victim")
                                .noBits(".data..percpu", SHF_ALLOC | SHF_WRITE, 8, 0x7000)
                                .build(),
                        Errno.ENOMEM,
                        List.of(
                                "percpu: allocation failed, size=28672 align=8 atomic=0, alloc from reserved chunk failed",
                                "victim: Could not allocate 28672 bytes percpu data")),
                new Case(
                        "writable code",
                        module("victim")
                                .section(".wx", SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR, 8, 8)
                                .build(),
                        Errno.ENOEXEC,
                        List.of("victim: section .wx (index 4) has invalid WRITE|EXEC flags")),
                new Case(
                        "common symbol",
                        PatchedModule.of(module("victim").imports("first1").bytes())
                                .symbolSection("init_module", SHN_COMMON)
                                .object(),
                        Errno.ENOEXEC,
                        List.of("victim: please compile with -fno-common")),
                new Case(
                        "struct module of another size",
                        PatchedModule.of(module("victim").bytes())
                                .sectionSize(".gnu.linkonce.this_module", -8)
                                .object(),
                        Errno.ENOEXEC,
                        List.of("module victim: .gnu.linkonce.this_module section size must match the kernel's built"
                                + " struct module size at run time")));
    }

    /** A kernel with room for fourteen pages, guards included, and a module that has six of them. */
    private static Kernel smallKernel() {
        ToyArchitecture small = new ToyArchitecture(new AddressRange(0x10_0000, 0xe000));
        Kernel kernel =
                Kernel.boot(Toys.profile(Toys.RELEASE, "printk", "secret vmlinux gpl", "inner vmlinux gpl INNER")
                        .architecture(small)
                        .build());
        kernel.load(module("first").exports("first1").build());
        return kernel;
    }

    @TestFactory
    Stream<DynamicTest> load_thatFails_leavesTheKernelAsItWas() {
        return failures().stream()
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    Kernel kernel = smallKernel();
                    KernelSnapshot before = KernelSnapshot.of(kernel, c.object());
                    ModuleLoadException e = failure(() -> kernel.load(c.object()));
                    assertThat(e.errno()).isEqualTo(c.errno());
                    assertThat(texts(kernel)).isEqualTo(c.printed());
                    assertThat(e.module()).isEqualTo(c.object().name());
                    assertThat(e.problem().errno()).contains(c.errno());
                    assertThat(e.problem().message())
                            .as("the line that says why")
                            .isEqualTo(
                                    c.printed().isEmpty()
                                            ? ""
                                            : c.printed()
                                                    .get(c.printed().size()
                                                            - (e.problem().kind() == Problem.Kind.NAMESPACE ? 2 : 1)));
                    assertThat(e.problems()).allSatisfy(p -> {
                        assertThat(p.meaning()).isNotBlank();
                        assertThat(p.remedy()).isNotBlank();
                    });
                    assertThat(e).message().isNotBlank();
                    assertThat(KernelSnapshot.of(kernel, c.object()))
                            .usingRecursiveComparison()
                            .isEqualTo(before);
                    // and the next one loads as if nothing had been
                    kernel.load(module("next").imports("first1").build());
                }));
    }

    @TestFactory
    Stream<DynamicTest> load_thatFailsInAStep_isOver() {
        return failures().stream()
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    Kernel kernel = smallKernel();
                    KernelSnapshot before = KernelSnapshot.of(kernel, c.object());
                    ModuleLoad load;
                    try {
                        load = kernel.begin(c.object(), LoadOptions.NONE);
                    } catch (ModuleLoadException e) {
                        assertThat(KernelSnapshot.of(kernel, c.object()))
                                .usingRecursiveComparison()
                                .isEqualTo(before);
                        return;
                    }
                    failure(() -> {
                        load.form();
                        load.relocate();
                        load.run();
                    });
                    assertThat(KernelSnapshot.of(kernel, c.object()))
                            .usingRecursiveComparison()
                            .isEqualTo(before);
                    assertThatThrownBy(load::relocate).isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(load::run).isInstanceOf(IllegalStateException.class);
                }));
    }

    /** A memory whose sections are all empty is not allocated. */
    @Test
    void relocations_ofAnEmptySectionAlone_areOutsideOfIt() {
        KernelObject empty = PatchedModule.of(module("a")
                        .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 0)
                        .imports("printk")
                        .bytes())
                .relocationsOf(".rela.text", ".init.text")
                .object();
        KernelSnapshot before = KernelSnapshot.of(kernel, empty);
        assertThat(failure(() -> kernel.load(empty)).problem().kind()).isEqualTo(Problem.Kind.UNCHECKED);
        assertThat(KernelSnapshot.of(kernel, empty)).usingRecursiveComparison().isEqualTo(before);
    }

    /** The kernel would copy what lies at its offset, unchecked. */
    @Test
    void inactiveSection_thatWantsMemory_isZeros() {
        KernelObject odd = PatchedModule.of(
                        module("a").section(".odd", SHF_ALLOC, 8, 100).bytes())
                .sectionType(".odd", SHT_NULL)
                .sectionSize(".odd", 100_000)
                .object();
        ByteBuffer bytes = kernel.load(odd).section(".odd").orElseThrow();
        assertThat(bytes.remaining()).isEqualTo(100_100);
        assertThat(bytes).isEqualTo(ByteBuffer.allocate(100_100));
    }

    /** {@code sh_size / sizeof(Elf_Rela)}: a rest that is no whole relocation is passed over. */
    @Test
    void module_whoseLastRelocationIsCut_hasNoExit() {
        KernelObject cut = PatchedModule.of(module("a").bytes())
                .sectionSize(".rela.gnu.linkonce.this_module", -1)
                .object();
        KernelModule a = kernel.load(cut);
        assertThat(a.isPermanent()).isTrue();
    }

    @Test
    void module_whoseNameCannotBeRead_isRefusedAsAnyOther() {
        byte[] bytes = module("a").bytes();
        // behind the names, and in the file
        int behind = (int)
                ElfFile.parse(bytes, "a").section(".shstrtab").orElseThrow().size();
        KernelObject damaged =
                PatchedModule.of(bytes).sectionNameOffset(".modinfo", behind).object();
        ModuleLoadException e = failure(() -> kernel.load(damaged));
        assertThat(e.errno()).isEqualTo(Errno.ENOEXEC);
        assertThat(e.problem().kind()).isEqualTo(Problem.Kind.FORMAT);
    }

    @Test
    void load_withManyProblems_triesEverySymbolAndTheLastDecides() {
        ModuleLoadException e = failure(() -> kernel.load(
                module("a").imports("nothing", "inner", "printk", "never").build()));
        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
        assertThat(e.problems())
                .extracting(Problem::message)
                .containsExactly(
                        "a: Unknown symbol nothing (err -2)",
                        "a: module uses symbol (inner) from namespace INNER, but does not import it.",
                        "a: Unknown symbol never (err -2)");
        assertThat(e.problems())
                .extracting(Problem::kind)
                .containsExactly(Problem.Kind.UNKNOWN_SYMBOL, Problem.Kind.NAMESPACE, Problem.Kind.UNKNOWN_SYMBOL);
        ModuleLoadException other = failure(
                () -> kernel.load(module("a").imports("nothing", "inner").build()));
        assertThat(other.errno()).isEqualTo(Errno.EINVAL);
    }

    @Test
    void load_ofAnUnknownSymbolThatAModuleHas_namesTheModule() {
        Kernel named = Toys.kernel("printk", "a1 drivers/toy/a-module");
        ModuleLoadException e =
                failure(() -> named.load(module("b").imports("a1").build()));
        assertThat(e.problem().remedy()).isEqualTo("load a_module first");
    }

    @Test
    void check_ofManySymbolsThatModulesHave_namesEachModuleOnce() {
        Kernel named = Toys.kernel(
                "printk", "a1 drivers/toy/a-module", "b1 b", "a2 drivers/toy/a-module", "a3 drivers/toy/a-module");
        KernelObject object =
                module("c").imports("a1", "a2", "b1", "a3", "nobody").build();
        Verdict verdict = named.check(object, LoadOptions.NONE);
        assertThat(verdict.problems())
                .extracting(Problem::remedy)
                .containsExactly("load b first", "load a_module first", "build the module against this kernel");
        assertThat(verdict.problems())
                .extracting(Problem::meaning)
                .containsExactly(
                        "b exports the symbol that the module needs, and is not loaded",
                        "a_module exports the symbol and 2 other symbols that the module needs, and is not loaded",
                        "neither the kernel nor a loaded module exports the symbol");
        assertThat(verdict.messages()).as("the kernel names each symbol").hasSize(5);
        assertThat(failure(() -> named.load(object)).problems()).hasSize(5);
    }

    // Versions.

    private static Kernel versioned() {
        return Kernel.boot(Toys.profile(Toys.RELEASE, "module_layout", "printk", "kfree")
                .config("MODVERSIONS", "y")
                .build());
    }

    @Test
    void checksums_thatAreRight_letAModuleOfAnotherReleaseIn() {
        Kernel kernel = versioned();
        kernel.load(module("a")
                .with("vermagic", "6.12.9-other SMP mod_unload modversions ")
                .versions("module_layout", "printk")
                .imports("printk")
                .exports("a1")
                .build());
        kernel.load(module("b").versions("module_layout", "a1").imports("a1").build());
        assertThat(kernel.log().lines()).isEmpty();
    }

    @Test
    void checksum_thatDiffersOrIsMissing_isRefused() {
        Kernel kernel = versioned();
        kernel.load(module("a").versions("module_layout").exports("a1").build());
        KernelObject wrong = module("b")
                .versions("module_layout", "kfree")
                .version("printk", ModuleBuilder.crcOf("printk") ^ 0x80000000)
                .imports("printk", "kfree", "a1")
                .build();
        KernelSnapshot before = KernelSnapshot.of(kernel, wrong);
        ModuleLoadException e = failure(() -> kernel.load(wrong));
        assertThat(e.errno()).isEqualTo(Errno.EINVAL);
        assertThat(texts(kernel))
                .containsExactly(
                        "b: disagrees about version of symbol printk",
                        "b: Unknown symbol printk (err -22)",
                        "b: no symbol version for a1",
                        "b: Unknown symbol a1 (err -22)");
        assertThat(e.problems()).extracting(Problem::kind).containsOnly(Problem.Kind.SYMBOL_VERSION);
        assertThat(KernelSnapshot.of(kernel, wrong)).usingRecursiveComparison().isEqualTo(before);
    }

    @Test
    void checksumOfModuleLayout_thatDiffers_isCheckedFirst() {
        Kernel kernel = versioned();
        ModuleLoadException e = failure(() -> kernel.load(module("b")
                .with("vermagic", "other")
                .version("module_layout", 5)
                .build()));
        assertThat(e.errno()).isEqualTo(Errno.ENOEXEC);
        assertThat(kernel.log().lines())
                .containsExactly(new KernelLog.Line(0, 4, "b: disagrees about version of symbol module_layout"));
    }

    /** Case cross-6.12 of the recorded verdicts: 6.1 looks at the version of struct module, and not at its size. */
    @Test
    void structModuleOfAnotherSize_isNoFaultBeforeLinux64() {
        Kernel linux61 = Kernel.boot(Toys.profile("6.1.0-toy", "module_layout")
                .config("MODVERSIONS", "y")
                .thisModuleSize(ModuleBuilder.THIS_MODULE_SIZE + 64)
                .build());
        linux61.load(module("a").versions("module_layout").build());
        assertThat(failure(() ->
                        linux61.load(module("b").version("module_layout", 7).build())))
                .hasMessage("b: disagrees about version of symbol module_layout");
    }

    @Test
    void versions_ignoredOrMissing_taintTheKernelByForce() {
        Kernel kernel = versioned();
        KernelModule a = kernel.load(
                module("a").version("module_layout", 1).imports("printk").build(), new LoadOptions("", false, true));
        assertThat(a.taints()).containsExactly(Taint.FORCED_MODULE);
        assertThat(kernel.taints()).containsExactly(Taint.FORCED_MODULE);
        assertThat(texts(kernel))
                .containsExactly("a: module_layout: kernel tainted.", "Disabling lock debugging due to kernel taint");
        kernel.load(module("b").imports("printk").build());
        assertThat(texts(kernel)).hasSize(2);
        assertThat(kernel.module("b").orElseThrow().procLine()).endsWith(" (F)");
    }

    @Test
    void vermagic_ignored_letsTheModuleInByForce() {
        KernelModule a = kernel.load(module("a").with("vermagic", "other").build(), new LoadOptions("", true, false));
        assertThat(a.taints()).containsExactly(Taint.FORCED_MODULE);
        assertThat(texts(kernel))
                .containsExactly("a: bad vermagic: kernel tainted.", "Disabling lock debugging due to kernel taint");
    }

    @Test
    void exporterWithoutChecksums_isNotCompared() {
        // MODVERSIONS, but the symbol's row says nothing of a checksum: a module made without them exports it.
        Kernel kernel = Kernel.boot(Toys.profile(Toys.RELEASE)
                .exports(ModuleSymvers.parse(new byte[0], "none"))
                .config("MODVERSIONS", "y")
                .build());
        kernel.load(module("a").exports("a1").build());
        ModuleLoadException e = failure(
                () -> kernel.load(module("b").version("other", 1).imports("a1").build()));
        assertThat(e.problem().message()).isEqualTo("b: no symbol version for a1");
    }

    // Licences.

    @Test
    void gplOnlySymbol_afterTheTaintOfAProprietaryModuleWasInherited_isUnknown() {
        kernel.load(module("closed").with("license", "Closed").exports("c1").build());
        ModuleLoadException e =
                failure(() -> kernel.load(module("open").imports("c1", "secret").build()));
        assertThat(e.problems()).extracting(Problem::message).containsExactly("open: Unknown symbol secret (err -2)");
        // The other way round it is the proprietary symbol that is refused.
        ModuleLoadException other =
                failure(() -> kernel.load(module("open").imports("secret", "c1").build()));
        assertThat(other.problems()).extracting(Problem::message).containsExactly("open: Unknown symbol c1 (err -2)");
    }

    @Test
    void weakImport_thatALicenceForbids_isLeftAtZero() {
        kernel.load(module("closed").with("license", "Closed").exports("c1").build());
        KernelModule open =
                kernel.load(module("open").imports("secret").importsWeakly("c1").build());
        assertThat(open.memory(MemoryType.TEXT).bytes().getLong(40)).isZero();
        assertThat(open.uses()).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> license_ofEachSpelling_isCompatibleOrNot() {
        // include/linux/license.h
        List<String> compatible =
                List.of("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL");
        return Stream.concat(
                        compatible.stream(),
                        Stream.of("gpl", "GPLv2", "GPL v3", "GPL-2.0", "BSD", "", "Proprietary", "Dual BSD/GPL "))
                .map(license -> DynamicTest.dynamicTest("'" + license + "'", () -> {
                    Kernel kernel = Toys.kernel();
                    KernelModule a =
                            kernel.load(module("a").with("license", license).build());
                    assertThat(a.taints().contains(Taint.PROPRIETARY_MODULE))
                            .isNotEqualTo(compatible.contains(license));
                }));
    }

    @Test
    void taints_ofOneModuleWithMany_areInTheOrderOfTheirBits() {
        KernelModule a = kernel.load(module("a")
                .without("intree")
                .with("license", "Closed")
                .with("staging", "Y")
                .with("livepatch", "Y")
                .with("test", "Y")
                .build());
        assertThat(a.procLine()).endsWith(" (PCOKN)");
        // bits 0, 10, 12, 15, 18
        assertThat(Taint.mask(kernel.taints())).isEqualTo(1 + (1 << 10) + (1 << 12) + (1 << 15) + (1 << 18));
    }

    @Test
    void taint_ofAFailedLoad_stays() {
        failure(() ->
                kernel.load(module("a").without("intree").imports("nothing").build()));
        assertThat(kernel.taints()).containsExactly(Taint.OOT_MODULE);
        kernel.load(module("b").without("intree").build());
        assertThat(texts(kernel))
                .containsExactly("a: loading out-of-tree module taints kernel.", "a: Unknown symbol nothing (err -2)");
    }

    // Namespaces.

    @Test
    void namespace_thatIsImportedOrNamesTheModule_isOpen() {
        Kernel kernel = Toys.kernel("inner vmlinux gpl INNER", "for_some vmlinux gpl module:toy-*,other");
        kernel.load(module("a")
                .and("import_ns", "X")
                .and("import_ns", "INNER")
                .imports("inner")
                .build());
        assertThat(failure(() -> kernel.load(
                                module("toy_one").imports("for_some").build()))
                        .errno())
                .as("a name of no meaning to older kernels")
                .isEqualTo(Errno.EINVAL);
        Kernel newer = Kernel.boot(Toys.profile("7.2.0-toy", "for_some vmlinux gpl module:toy-*,other")
                .build());
        newer.load(module("toy_one").imports("for_some").build());
        newer.load(module("other").imports("for_some").build());
        assertThat(failure(() -> newer.load(module("toy").imports("for_some").build()))
                        .errno())
                .isEqualTo(Errno.EINVAL);
    }

    // Room.

    @Test
    void room_thatIsAllTaken_comesBackWithTheModule() {
        Kernel small = smallKernel();
        KernelObject big = module("big").textSize(0x3000).build();
        small.load(big);
        assertThat(failure(() -> small.load(module("more").textSize(0x3000).build()))
                        .errno())
                .isEqualTo(Errno.ENOMEM);
        small.unload("big");
        small.load(module("more").textSize(0x3000).build());
    }
}
