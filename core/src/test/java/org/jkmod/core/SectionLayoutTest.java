package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.MemoryType.CORE_LAYOUT;
import static org.jkmod.core.MemoryType.DATA;
import static org.jkmod.core.MemoryType.INIT_DATA;
import static org.jkmod.core.MemoryType.INIT_LAYOUT;
import static org.jkmod.core.MemoryType.INIT_RODATA;
import static org.jkmod.core.MemoryType.INIT_TEXT;
import static org.jkmod.core.MemoryType.PERCPU;
import static org.jkmod.core.MemoryType.RODATA;
import static org.jkmod.core.MemoryType.RO_AFTER_INIT;
import static org.jkmod.core.MemoryType.TEXT;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.util.List;
import java.util.Map;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;

/**
 * Expected offsets were computed by hand from {@code layout_sections} and {@code layout_symtab}; that whole modules come out as real
 * kernels have them is what recordings show.
 */
class SectionLayoutTest {
    private static final long AX = SHF_ALLOC | SHF_EXECINSTR;
    private static final long WA = SHF_ALLOC | SHF_WRITE;
    private static final long A = SHF_ALLOC;
    /** SHF_RO_AFTER_INIT, and SHF_GNU_RETAIN. */
    private static final long R = 0x200000;

    private static final KernelRelease LINUX_6_1 = KernelRelease.parse("6.1.0");
    private static final KernelRelease LINUX_6_12 = KernelRelease.parse("6.12.107");
    private static final KernelRelease LINUX_7_2 = KernelRelease.parse("7.2.13");

    /** A section of every kind; some of odd sizes, so that alignment shows. */
    private static KernelObject everything() {
        return module("all")
                .textSize(0x45)
                .section(".exit.text", AX, 4, 3)
                .section(".rodata", A, 32, 0x21)
                .section(".data", WA, 8, 5)
                .section(".empty.data", WA, 256, 0)
                .section(".data..ro_after_init", WA, 16, 9)
                .section("__jump_table", WA, 8, 16)
                .section(".init.text", AX, 16, 0x30)
                .section(".init.data", WA, 1, 7)
                .section(".init.rodata", A, 4, 2)
                .section(".data..percpu", WA, 64, 0x28)
                .noBits(".bss", WA, 32, 0x11)
                .section(".note", A, 4, 7)
                .section(".comment", 0, 1, 9)
                .symbol("d0", ".data", 0)
                .symbol("i0", ".init.text", 0)
                .symbol("p0", ".data..percpu", 0)
                .symbol("c0", ".comment", 0)
                .build();
    }

    private static List<String> lines(ModuleLayout layout) {
        return layout.placements().stream()
                .map(p -> String.format("%s %s %x %x", p.memory().shown(), p.name(), p.offset(), p.size()))
                .toList();
    }

    private static List<String> placed(KernelObject object, KernelRelease release, String... names) {
        return ModuleLayout.of(object, release).placements().stream()
                .filter(p -> List.of(names).contains(p.name()))
                .map(p -> String.format("%s %s %x", p.memory().shown(), p.name(), p.offset()))
                .toList();
    }

    @Test
    void memoryTypes_ofAModuleWithEverything_arePackedEachOnItsOwn() {
        ModuleLayout layout = ModuleLayout.of(everything(), LINUX_6_12);
        assertThat(lines(layout))
                .containsExactly(
                        "text .text 0 45",
                        "text .exit.text 48 3",
                        "rodata .rodata 0 21",
                        "rodata .note 24 7",
                        "ro_after_init .data..ro_after_init 0 9",
                        "ro_after_init __jump_table 10 10",
                        "data .gnu.linkonce.this_module 0 c0",
                        "data .data c0 5",
                        "data .empty.data 100 0",
                        "data .bss 100 11",
                        "init_text .init.text 0 30",
                        "init_rodata .init.rodata 0 2",
                        "init_data .init.data 0 7",
                        // seven symbols: none, d0, i0, p0, c0, init_module, cleanup_module
                        "init_data .symtab 8 a8",
                        "init_data .strtab b0 28",
                        "percpu .data..percpu 0 28");
        assertThat(layout.sizes())
                .isEqualTo(Map.of(
                        TEXT, 0x4bL,
                        RODATA, 0x2bL,
                        RO_AFTER_INIT, 0x20L,
                        // the symbols that stay: none, d0, p0, init_module, cleanup_module; their names; their types
                        DATA, 0x118L + 5 * 24 + (1 + 3 + 3 + 12 + 15) + 5,
                        INIT_TEXT, 0x30L,
                        INIT_RODATA, 2L,
                        // struct mod_kallsyms, and a type for each of seven symbols
                        INIT_DATA, 0xd8L + 32 + 7,
                        PERCPU, 0x28L));
        assertThat(layout.coreSymbols().symbolOffset()).isEqualTo(0x118);
        assertThat(layout.coreSymbols().stringOffset()).isEqualTo(0x190);
        assertThat(layout.coreSymbols().typeOffset()).isEqualTo(0x1b2);
        assertThat(layout.coreSymbols().symbols()).containsExactly(0, 1, 3, 5, 6);
    }

    @Test
    void twoLayouts_ofAModuleWithEverything_beginEachPartOnAPage() {
        ModuleLayout layout = ModuleLayout.of(everything(), LINUX_6_1);
        assertThat(lines(layout))
                .containsExactly(
                        "core .text 0 45",
                        "core .exit.text 48 3",
                        "core .rodata 1000 21",
                        "core .note 1024 7",
                        "core .data..ro_after_init 2000 9",
                        "core __jump_table 2010 10",
                        "core .gnu.linkonce.this_module 3000 c0",
                        "core .data 30c0 5",
                        "core .empty.data 3100 0",
                        "core .bss 3100 11",
                        "init .init.text 0 30",
                        "init .init.rodata 1000 2",
                        "init .init.data 2000 7",
                        "init .symtab 3000 a8",
                        "init .strtab 30a8 28",
                        "percpu .data..percpu 0 28");
        assertThat(layout.sizes()).isEqualTo(Map.of(CORE_LAYOUT, 0x5000L, INIT_LAYOUT, 0x4000L, PERCPU, 0x28L));
        assertThat(layout.coreSymbols().memory()).isEqualTo(CORE_LAYOUT);
        assertThat(layout.coreSymbols().symbolOffset()).isEqualTo(0x4000);
        assertThat(layout.coreSymbols().stringOffset()).isEqualTo(0x4078);
        assertThat(layout.coreSymbols().typeOffset()).isEqualTo(0x409a);
    }

    /** A part without sections takes no page, and what follows begins where it would have. */
    @Test
    void twoLayouts_withoutSomeParts_haveNoPagesForThem() {
        KernelObject object =
                module("few").textSize(0).section(".data", WA, 8, 5).build();
        assertThat(placed(object, LINUX_6_1, ".text", ".data", ".symtab"))
                .containsExactly("core .text 0", "core .data c0", "init .symtab 0");
    }

    @Test
    void withoutKallsymsAll_onlySymbolsOfCode_stay() {
        ModuleLayout layout = SectionLayout.of(
                everything(),
                new KernelConfiguration(Generation.of(LINUX_6_12), Map.of("KALLSYMS_ALL", "n")),
                new ToyArchitecture());
        assertThat(layout.coreSymbols().symbols()).containsExactly(0, 5, 6);
    }

    @Test
    void livepatch_keepsAllSymbols() {
        KernelObject object =
                module("patch").with("livepatch", "Y").imports("x").build();
        assertThat(ModuleLayout.of(object, LINUX_6_12).coreSymbols().symbols()).containsExactly(0, 1, 2, 3);
    }

    @Test
    void sectionsOfOneName_readOnlyAfterInit_areOneUpToLinux6AndAllFromLinux7() {
        KernelObject object = module("twice")
                .section("__jump_table", WA, 8, 16)
                .section("__jump_table", WA, 8, 16)
                .section(".static_call_sites", WA, 8, 16)
                .build();
        assertThat(placed(object, LINUX_6_12, "__jump_table", ".static_call_sites"))
                .containsExactly("ro_after_init __jump_table 0", "data __jump_table c0", "data .static_call_sites d0");
        assertThat(placed(object, LINUX_7_2, "__jump_table", ".static_call_sites"))
                .containsExactly(
                        "ro_after_init __jump_table 0",
                        "ro_after_init __jump_table 10",
                        "ro_after_init .static_call_sites 20");
        assertThat(placed(object, LINUX_6_1, "__jump_table", ".static_call_sites"))
                .containsExactly("core __jump_table 1000", "core __jump_table 20c0", "core .static_call_sites 20d0");
    }

    /** The same bit in sh_flags means both. A real kernel was seen to do it: "retained" in the recording of x86_64. */
    @Test
    void retainedSection_isReadOnlyAfterInit_butNotIfItIsForInit() {
        KernelObject object = module("kept")
                .section(".data.kept", WA | R, 8, 8)
                .section(".rodata.kept", A | R, 8, 8)
                .section(".init.data.kept", WA | R, 8, 8)
                .build();
        assertThat(placed(object, LINUX_6_12, ".data.kept", ".rodata.kept", ".init.data.kept"))
                .containsExactly("rodata .rodata.kept 0", "ro_after_init .data.kept 0", "init_data .init.data.kept 0");
        // The init layout had a place for it.
        assertThat(placed(object, LINUX_6_1, ".data.kept", ".init.data.kept"))
                .containsExactly("core .data.kept 2000", "init .init.data.kept 0");
    }

    @Test
    void sectionsThatTheLoaderReadsItself_getNoMemory() {
        KernelObject object = module("read")
                .versions("x")
                .section(".modinfo", A, 1, 10)
                .section(".note.x", 0, 1, 10)
                .build();
        // only the first of a name is looked up
        assertThat(placed(object, LINUX_6_12, ".modinfo", "__versions", ".note.x"))
                .containsExactly("rodata .modinfo 0");
    }

    @Test
    void initSections_areThoseWhoseNameBeginsSo() {
        KernelObject object = module("names")
                .section(".init", A, 1, 1)
                .section(".initcall", A, 1, 1)
                .section(".rodata.init", A, 1, 1)
                .section("init.x", A, 1, 1)
                .section(".exit.data", A, 1, 1)
                .build();
        assertThat(placed(object, LINUX_6_12, ".init", ".initcall", ".rodata.init", "init.x", ".exit.data"))
                .containsExactly(
                        "rodata .rodata.init 0",
                        "rodata init.x 1",
                        "rodata .exit.data 2",
                        "init_rodata .init 0",
                        "init_rodata .initcall 1");
    }

    @Test
    void codeThatIsReadOnlyAfterInitByItsFlag_isCode() {
        KernelObject object =
                module("code").section(".text.kept", AX | R, 16, 8).build();
        assertThat(placed(object, LINUX_6_12, ".text.kept")).containsExactly("text .text.kept 100");
    }

    @Test
    void alignment_of0_is1() {
        KernelObject object =
                module("zero").section(".a", A, 0, 3).section(".b", A, 0, 3).build();
        assertThat(placed(object, LINUX_6_12, ".a", ".b")).containsExactly("rodata .a 0", "rodata .b 3");
    }

    /** ALIGN(5, align) in 32 bits, computed by hand: the kernel does not look at what it is given. */
    @Test
    void alignment_thatIsNoPowerOfTwo_isUsedAllTheSame() {
        PatchedModule odd = PatchedModule.of(
                module("odd").noBits(".p", A, 1, 5).section(".a", A, 8, 3).bytes());
        Map.of(3L, 5L, 24L, 8L, -1L, 1L, Long.MIN_VALUE, 0L, 1L << 32, 0L, 1L << 31, 1L << 31)
                .forEach((align, offset) -> {
                    KernelObject object = odd.sectionAlign(".a", align).object();
                    for (KernelRelease release : List.of(LINUX_6_12, LINUX_7_2)) {
                        assertThat(placed(object, release, ".a"))
                                .containsExactly("rodata .a " + Long.toHexString(offset));
                    }
                });
    }

    /** Seen in all recorded kernels: cases sec-bss-16t and sec-bss-4g-4k of the verdicts. */
    @Test
    void size_of64Bits_isTakenModulo2To32() {
        for (KernelRelease release : List.of(LINUX_6_1, LINUX_6_12, LINUX_7_2)) {
            for (long size : new long[] {0, 1, 0x1000, 0x7fff_ffff, 0x8000_0000L, 0xc000_0000L, 0xffff_0000L}) {
                Map<MemoryType, Long> sizes =
                        ModuleLayout.of(big(size), release).sizes();
                for (long more : new long[] {1L << 32, 1L << 44, Long.MIN_VALUE, -1L << 32}) {
                    assertThat(ModuleLayout.of(big(size + more), release).sizes())
                            .as("%s %x %x", release, size, more)
                            .isEqualTo(sizes);
                }
            }
        }
    }

    private static KernelObject big(long size) {
        return PatchedModule.of(module("big")
                        .section(".a", WA, 1, 1)
                        .noBits(".b", WA, 1, 0)
                        .bytes())
                .sectionSize(".b", size)
                .object();
    }

    /** The sum wraps behind .a, and what follows fits: the kernel would write .a where nothing is. */
    @Test
    void content_behindTheEndOfItsMemory_isMalformed() {
        KernelObject object = PatchedModule.of(module("wild")
                        .section(".a", A, 1, 100)
                        .noBits(".b", A, 1, 0)
                        .bytes())
                .sectionSize(".b", (1L << 32) - 50)
                .object();
        assertThatThrownBy(() -> ModuleLayout.of(object, LINUX_6_12))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("(.a) sh_size")
                .hasMessageContaining("content within the 50 bytes of its memory");
    }

    @Test
    void placementOf_anySectionIndex_isItsOwnOrNone() {
        KernelObject object = everything();
        ModuleLayout layout = ModuleLayout.of(object, LINUX_6_12);
        for (int i = 0; i < object.elf().sectionCount(); i++) {
            int index = i;
            assertThat(layout.of(i).map(Placement::name))
                    .isEqualTo(layout.placements().stream()
                            .filter(p -> p.index() == index)
                            .map(Placement::name)
                            .findFirst());
        }
        assertThat(layout.of(-1)).isEmpty();
        assertThat(layout.of(object.elf().sectionCount())).isEmpty();
        assertThat(layout.of(Integer.MAX_VALUE)).isEmpty();
    }

    @Test
    void layout_withoutARelease_isThatOfTheModulesOwnKernel() {
        KernelObject object =
                module("own").with("vermagic", "6.1.0-50-toy SMP ").build();
        assertThat(ModuleLayout.of(object).sizes()).containsOnlyKeys(CORE_LAYOUT, INIT_LAYOUT);
        assertThat(ModuleLayout.of(everything()).sizes()).containsKey(TEXT);
    }
}
