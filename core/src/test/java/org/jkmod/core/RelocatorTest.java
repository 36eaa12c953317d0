package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_COMMON;
import static org.jkmod.elf.Elf.SHT_REL;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import org.jkmod.core.Relocator.RelocatedModule;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.Test;

class RelocatorTest {
    private static final long WA = SHF_ALLOC | SHF_WRITE;

    /** With these symbols, whose addresses may be written without the zeros before them. */
    private static Relocator relocator(String kallsyms) {
        return new Relocator(symbols(kallsyms), RelocationPolicy.KERNEL);
    }

    private static Kallsyms symbols(String kallsyms) {
        String padded = kallsyms.lines()
                .map(line -> "0".repeat(16 - line.indexOf(' ')) + line + "\n")
                .collect(Collectors.joining());
        return Kallsyms.parse(padded.getBytes(StandardCharsets.US_ASCII), "kallsyms");
    }

    /** What the i-th import's place in .text holds. */
    private static long imported(RelocatedModule module, int i) {
        return module.sections().get(".text").getLong(32 + 8 * i);
    }

    @Test
    void import_ofASymbolOfTheKernel_isItsAddressAndAGlobalOneGoesFirst() {
        Relocator relocator = relocator("""
                1000 t printk
                2000 T printk
                3000 T printk\t[other]
                4000 t only_local
                5000 t in_module\t[other]
                """);
        RelocatedModule module = relocator.relocate(
                module("a")
                        .imports("printk", "only_local", "in_module", "nothing")
                        .build(),
                Map.of());
        assertThat(imported(module, 0)).isEqualTo(0x2000);
        assertThat(imported(module, 1)).isEqualTo(0x4000);
        assertThat(imported(module, 2)).isEqualTo(0x5000);
        assertThat(imported(module, 3)).isZero();
        assertThat(module.unresolved()).containsExactly("nothing");
        assertThat(module.name()).isEqualTo("a");
        assertThat(module.relocations()).isEqualTo(6);
    }

    @Test
    void import_ofAModuleGivenBefore_isWhereThatModuleIs() {
        Relocator relocator = relocator("");
        relocator.relocate(module("a").exports("a1").build(), Map.of(".text", 0x7000L));
        RelocatedModule b = relocator.relocate(module("b").imports("a1").build(), Map.of(".text", 0x9000L));
        assertThat(imported(b, 0)).isEqualTo(0x7020);
        assertThat(b.unresolved()).isEmpty();
        RelocatedModule early = relocator("").relocate(module("b").imports("a1").build(), Map.of());
        assertThat(early.unresolved()).containsExactly("a1");
    }

    @Test
    void weakImport_thatNobodyHas_isZeroAndNotUnresolved() {
        RelocatedModule module =
                relocator("").relocate(module("a").importsWeakly("nothing").build(), Map.of());
        assertThat(imported(module, 0)).isZero();
        assertThat(module.unresolved()).isEmpty();
    }

    @Test
    void sections_thatAreNotNamed_liePlacedRelativeToTheirNeighbours() {
        KernelObject object = module("a")
                .section(".data", WA, 8, 16)
                .section(".data2", WA, 8, 16)
                .symbol("s", ".data2", 4)
                .imports("x")
                .build();
        KernelObject pointing = PatchedModule.of(object.elf().array())
                .relaTo(".rela.text", "x")
                .symbol(1)
                .object();
        // struct module 0 to 0xc0, .data, .data2 at 0xd0
        RelocatedModule module = relocator("").relocate(pointing, Map.of(".data", 0x80c0L, ".text", 0x1000L));
        assertThat(imported(module, 0)).isEqualTo(0x80d4);
        RelocatedModule other =
                relocator("").relocate(pointing, Map.of(".gnu.linkonce.this_module", 0x8000L, ".data2", 0x9000L));
        assertThat(imported(other, 0)).as("its own address goes first").isEqualTo(0x9004);
    }

    @Test
    void section_withoutAnyNeighbour_isWhereAListedSymbolOfItIs() {
        KernelObject object = PatchedModule.of(module("a")
                        .section(".data..percpu", WA, 8, 16)
                        .symbol("counter", ".data..percpu", 4)
                        .imports("x")
                        .bytes())
                .relaTo(".rela.text", "x")
                .symbol(1)
                .object();
        RelocatedModule module =
                relocator("1234 a counter\t[a]\n1000 a counter\t[b]\n").relocate(object, Map.of());
        assertThat(imported(module, 0)).isEqualTo(0x1234);
    }

    @Test
    void sections_ofTheResult_areTheAllocatedOnesReadOnlyAndLittleEndian() {
        RelocatedModule module = relocator("")
                .relocate(
                        module("a")
                                .section(".rodata", SHF_ALLOC, 8, 3)
                                .noBits(".bss", WA, 8, 5)
                                .section(".comment", 0, 1, 3)
                                .build(),
                        Map.of());
        assertThat(module.sections()).containsOnlyKeys(".text", ".rodata", ".gnu.linkonce.this_module", ".bss");
        ByteBuffer bss = module.sections().get(".bss");
        assertThat(bss).isEqualTo(ByteBuffer.allocate(5));
        assertThat(bss.isReadOnly()).isTrue();
        assertThat(module.sections().get(".rodata").order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void relocation_thatCannotBeApplied_saysWhatTheKernelWouldPrint() {
        KernelObject object = PatchedModule.of(module("a").imports("x").bytes())
                .rela(".rela.text", 0)
                .type(21)
                .object();
        assertThatThrownBy(() -> relocator("").relocate(object, Map.of()))
                .isInstanceOf(RelocationException.class)
                .hasMessage("patched.ko: module: a: UNKNOWN_TYPE of type 21");
    }

    @Test
    void relocations_withoutAddends_areUnsupported() {
        KernelObject object = PatchedModule.of(module("a").imports("x", "y").bytes())
                .sectionType(".rela.text", SHT_REL)
                .object();
        assertThatThrownBy(() -> relocator("").relocate(object, Map.of()))
                .isInstanceOf(RelocationException.class)
                .hasMessage("patched.ko: REL relocation unsupported");
    }

    @Test
    void policy_ofThePsabi_checksWhatTheKernelDoesNot() {
        // TOY_32 is unchecked by the toy's kernel
        KernelObject object = PatchedModule.of(module("a").imports("far").bytes())
                .rela(".rela.text", 0)
                .type(6)
                .object();
        Kallsyms symbols = symbols("ffffffff00000007 T far");
        RelocatedModule module = new Relocator(symbols, RelocationPolicy.KERNEL).relocate(object, Map.of());
        assertThat(imported(module, 0)).isEqualTo(7);
        assertThatThrownBy(() -> new Relocator(symbols, RelocationPolicy.PSABI).relocate(object, Map.of()))
                .isInstanceOf(RelocationException.class)
                .hasMessageContaining("OVERFLOW");
    }

    @Test
    void symbol_inACommonBlockOrNoSection_isMalformed() {
        for (int section : new int[] {SHN_COMMON, 0x200}) {
            KernelObject object = PatchedModule.of(module("a").bytes())
                    .symbolSection("init_module", section)
                    .object();
            assertThatThrownBy(() -> relocator("").relocate(object, Map.of()))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("st_shndx");
        }
    }

    @Test
    void memory_ofMoreThanAGibibyte_isMalformed() {
        KernelObject object = module("a").noBits(".bss", WA, 8, 0x7000_0000).build();
        assertThatThrownBy(() -> relocator("").relocate(object, Map.of()))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("sh_size");
    }
}
