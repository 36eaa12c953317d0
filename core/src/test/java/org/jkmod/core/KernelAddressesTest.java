package org.jkmod.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.SymbolTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code get_symbol_pos} (kernel/kallsyms.c) and {@code find_kallsyms_symbol} (kernel/module/kallsyms.c). */
class KernelAddressesTest {
    private static final String IMAGE = """
            0000000000000000 A fixed_percpu_data
            0000000000002000 A some_percpu
            ffffffff81000000 T _text
            ffffffff81010000 T _stext
            ffffffff81010000 t alias_of_it
            ffffffff81010040 T do_one
            ffffffff81010080 D some_data
            ffffffff81010100 B _end
            ffffffff81020000 d __init_scratch_begin
            """;

    private static KernelAddresses of(String text) {
        return KernelAddresses.of(kallsyms(text));
    }

    private static Kallsyms kallsyms(String text) {
        return Kallsyms.parse(text.getBytes(ISO_8859_1), "kallsyms");
    }

    private static String at(KernelAddresses addresses, long address) {
        return addresses.symbolAt(address).map(SymbolAt::toString).orElse("");
    }

    @Test
    void address_inTheImage_isTheFirstAliasAtOrBelowIt() {
        KernelAddresses addresses = of(IMAGE);
        assertThat(at(addresses, 0xffffffff81010000L)).isEqualTo("_stext+0x0/0x40");
        assertThat(at(addresses, 0xffffffff8101003fL)).isEqualTo("_stext+0x3f/0x40");
        assertThat(at(addresses, 0xffffffff81010040L)).isEqualTo("do_one+0x0/0x40");
        assertThat(at(addresses, 0xffffffff810100ffL)).isEqualTo("some_data+0x7f/0x80");
        assertThat(addresses.symbolAt(0xffffffff81010044L))
                .contains(new SymbolAt("do_one", 0xffffffff81010040L, 4, 0x40, Optional.empty()));
    }

    @Test
    void address_outsideOfTheImage_hasNoSymbol() {
        KernelAddresses addresses = of(IMAGE);
        assertThat(List.of(
                        0L,
                        0x2000L,
                        0xffffffff81000000L,
                        0xffffffff8100ffffL,
                        0xffffffff81010100L,
                        0xffffffff81020000L,
                        -1L))
                .allSatisfy(address -> assertThat(addresses.symbolAt(address)).isEmpty());
    }

    @Test
    void returnAddress_atTheBeginningOfAFunction_isTheEndOfTheOneBefore() {
        KernelAddresses addresses = of(IMAGE);
        assertThat(addresses.returnSymbolAt(0xffffffff81010040L)).hasToString("Optional[_stext+0x40/0x40]");
        assertThat(addresses.returnSymbolAt(0xffffffff81010041L)).hasToString("Optional[do_one+0x1/0x40]");
        assertThat(addresses.returnSymbolAt(0xffffffff81010000L)).isEmpty();
        assertThat(addresses.returnSymbolAt(0xffffffff81010100L)).hasToString("Optional[some_data+0x80/0x80]");
    }

    /** Without CONFIG_KALLSYMS_ALL. */
    @Test
    void list_ofCodeOnly_knowsItsCode() {
        KernelAddresses addresses = of("""
                ffff800008010000 T _stext
                ffff800008010010 t last
                ffff800008010020 D _etext
                ffff800009000000 T _sinittext
                ffff800009000008 t in_init
                ffff800009000020 T _einittext
                """);
        assertThat(at(addresses, 0xffff800008010011L)).isEqualTo("last+0x1/0x10");
        assertThat(at(addresses, 0xffff800008010020L)).isEmpty();
        assertThat(at(addresses, 0xffff800009000018L)).isEqualTo("in_init+0x10/0x18");
        assertThat(at(addresses, 0xffff800009000020L)).isEmpty();
    }

    /** arm64 may have its init code and data outside of _stext.._end. */
    @Test
    void initMemory_outsideOfTheImage_belongsToIt() {
        KernelAddresses addresses = of(IMAGE + """
                ffffffff81030000 D __init_begin
                ffffffff81030010 t in_init
                ffffffff81030020 R __init_end
                """);
        assertThat(at(addresses, 0xffffffff81030011L)).isEqualTo("in_init+0x1/0x10");
        assertThat(at(addresses, 0xffffffff81030020L)).isEmpty();
    }

    @Test
    void list_withoutMarks_endsAPageBehindItsLastSymbol() {
        KernelAddresses addresses = of("0000000000001000 A percpu\nffffffff81000000 T one\nffffffff81000ff0 T two\n");
        assertThat(at(addresses, 0x1000)).isEmpty();
        assertThat(at(addresses, 0xffffffff81000001L)).isEqualTo("one+0x1/0xff0");
        assertThat(at(addresses, 0xffffffff81000ff1L)).isEqualTo("two+0x1/0x10");
        assertThat(at(addresses, 0xffffffff81001fffL)).isEqualTo("two+0x100f/0x1010");
        assertThat(at(addresses, 0xffffffff81002000L)).isEmpty();
    }

    @Test
    void image_thatIsMoved_isNamedWhereItIs() {
        KernelAddresses addresses = of(IMAGE).movedBy(0x1c000000);
        assertThat(at(addresses, 0xffffffff9d010044L)).isEqualTo("do_one+0x4/0x40");
        assertThat(addresses.symbolAt(0xffffffff9d010044L).orElseThrow().address())
                .isEqualTo(0xffffffff9d010040L);
        assertThat(at(addresses, 0xffffffff81010044L)).isEmpty();
        assertThat(addresses.distance()).isEqualTo(0x1c000000);
        assertThat(at(addresses.movedBy(-0x1c000000), 0xffffffff81010044L)).isEqualTo("do_one+0x4/0x40");
    }

    /** An Image that does not know where it was linked counts from its first byte. */
    @Test
    void image_thatCountsFromZero_isNamedWhereItIs() {
        KernelAddresses addresses = of("""
                0000000000000000 T _text
                0000000000010000 T _stext
                0000000000010040 T do_one
                0000000000010080 B _end
                """).movedBy(0xffffa3f81d000000L);
        assertThat(at(addresses, 0xffffa3f81d010041L)).isEqualTo("do_one+0x1/0x40");
        assertThat(at(addresses, 0xffffa3f81d010080L)).isEmpty();
    }

    @Test
    void modules_inTheList_haveTheirSymbolsWithoutMarks() {
        String modules = """
                0000000000039000 a mod_percpu	[mod]
                ffffffff81010050 d mod_percpu_in_the_image	[mod]
                ffffffffc0000000 t $x	[mod]
                ffffffffc0000000 t one	[mod]
                ffffffffc0000010 t .L12	[mod]
                ffffffffc0000020 t two	[mod]
                ffffffffc0000fe0 t last	[mod]
                ffffffffc0002000 d data	[mod]
                ffffffffc0002010 t of_another	[other]
                """;
        KernelAddresses addresses = of(IMAGE + modules);
        assertThat(at(addresses, 0xffffffffc0000011L)).isEqualTo("one+0x11/0x20 [mod]");
        assertThat(at(addresses, 0xffffffffc0000021L)).isEqualTo("two+0x1/0xfc0 [mod]");
        assertThat(at(addresses, 0xffffffffc0000fffL)).as("ends with its page").isEqualTo("last+0x1f/0x20 [mod]");
        assertThat(at(addresses, 0xffffffffc0001004L))
                .as("one that must be longer")
                .isEqualTo("last+0x24/0x1020 [mod]");
        assertThat(at(addresses, 0xffffffffc000200fL)).isEqualTo("data+0xf/0x10 [mod]");
        assertThat(at(addresses, 0xffffffffc0002010L)).isEqualTo("of_another+0x0/0xff0 [other]");
        assertThat(at(addresses, 0xffffffffc0004000L)).isEmpty();
        assertThat(at(addresses, 0x39000)).isEmpty();
        assertThat(at(addresses, 0xffffffff81010051L)).isEqualTo("do_one+0x11/0x40");
        assertThat(at(addresses.movedBy(0x200000), 0xffffffffc0000011L))
                .as("of another boot")
                .isEmpty();
        assertThat(at(addresses.movedBy(0x200000).movedBy(-0x200000), 0xffffffffc0000011L))
                .isNotEmpty();
    }

    @Test
    void savedTable_ofAList_saysTheSame(@TempDir Path folder) throws Exception {
        Kallsyms symbols = kallsyms(IMAGE + "ffffffffc0000000 t one	[mod]\nffffffffc0000020 t two	[mod]\n");
        Path file = folder.resolve("symbols");
        SymbolTable.of(symbols).write(file);
        KernelAddresses addresses = KernelAddresses.of(SymbolTable.read(file));
        assertThat(at(addresses, 0xffffffff81010001L)).isEqualTo("_stext+0x1/0x40");
        assertThat(at(addresses, 0xffffffffc0000011L)).isEqualTo("one+0x11/0x20 [mod]");
    }

    @Test
    void list_withoutAddresses_isRefused() {
        assertThatThrownBy(() -> of("0000000000000000 T _stext\n0000000000000000 T _end\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("all addresses are 0: the list was read without the privilege to see them");
        assertThat(of("").symbolAt(1)).isEmpty();
    }

    private static KernelObject some(String name) {
        return module(name)
                .section(".data", SHF_ALLOC | SHF_WRITE, 8, 0x1100)
                .section(".init.data", SHF_ALLOC | SHF_WRITE, 8, 64)
                .section(".text.more", SHF_ALLOC | SHF_EXECINSTR, 16, 0x100)
                .symbol("in_text", ".text", 0x10)
                .symbol("alias", ".text", 0x10)
                .symbol("in_more", ".text.more", 0x20)
                .symbol(".L1", ".text.more", 0x30)
                .symbol("in_data", ".data", 0x40)
                .symbol("in_init", ".init.data", 0)
                .build();
    }

    @Test
    void module_givenWithSections_hasWholeMemories() {
        ModuleAddresses some = ModuleAddresses.of(
                some("some"), Map.of(".text.more", 0xffffffffc0000100L, ".data", 0xffffffffc00020c0L));
        assertThat(some.name()).isEqualTo("some");
        assertThat(some.ranges())
                .containsExactly(
                        new AddressRange(0xffffffffc0000000L, 0x1000), new AddressRange(0xffffffffc0002000L, 0x2000));
        KernelAddresses addresses =
                of(IMAGE + "ffffffffc0000000 t stale	[some]\n").with(List.of(some));
        assertThat(at(addresses, 0xffffffffc0000011L)).isEqualTo("in_text+0x1/0x110 [some]");
        assertThat(at(addresses, 0xffffffffc0000140L)).isEqualTo("in_more+0x20/0xee0 [some]");
        assertThat(at(addresses, 0xffffffffc0000fffL)).isEqualTo("in_more+0xedf/0xee0 [some]");
        assertThat(at(addresses, 0xffffffffc0001000L)).isEmpty();
        assertThat(at(addresses, 0xffffffffc0002104L))
                .startsWith("in_data+0x4/0x")
                .endsWith(" [some]");
        assertThat(at(addresses.movedBy(0x200000), 0xffffffffc0000011L)).isEqualTo("in_text+0x1/0x110 [some]");
    }

    @Test
    void initMemory_ofAModule_countsWhereNothingElseIs() {
        ModuleAddresses some = ModuleAddresses.of(
                some("some"), Map.of(".text", 0xffffffffc0000000L, ".init.data", 0xffffffffc0005000L));
        assertThat(at(of(IMAGE).with(List.of(some)), 0xffffffffc0005001L)).startsWith("in_init+0x1/0x");
        ModuleAddresses other = ModuleAddresses.of(some("other"), Map.of(".text", 0xffffffffc0005000L));
        KernelAddresses both = of(IMAGE).with(List.of(some, other));
        assertThat(at(both, 0xffffffffc0005011L)).isEqualTo("in_text+0x1/0x110 [other]");
    }

    @Test
    void modules_thatAreWhereOthersAre_areRefused() {
        ModuleAddresses some = ModuleAddresses.of(some("some"), Map.of(".text", 0xffffffffc0000000L));
        ModuleAddresses other = ModuleAddresses.of(some("other"), Map.of(".data", 0xffffffffbffff0c0L));
        ModuleAddresses inKernel = ModuleAddresses.of(some("third"), Map.of(".text", 0xffffffff81010000L));
        KernelAddresses addresses = of(IMAGE).with(List.of(some));
        assertThatThrownBy(() -> addresses.with(List.of(other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("module other would be at 0xffffffffbffff000, where module some is");
        assertThatThrownBy(() -> addresses.with(List.of(inKernel))).hasMessageContaining("where the kernel is");
        assertThatThrownBy(() -> addresses.with(List.of(some))).hasMessage("module some is given twice");
    }

    @Test
    void sections_ofAnotherFile_areRefused() {
        assertThatThrownBy(() -> ModuleAddresses.of(
                        some("some"), Map.of(".text", 0xffffffffc0000000L, ".text.more", 0xffffffffc0000110L)))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found 0xffffffffc0000110, expected 0xffffffffc0000100, by .text");
        assertThatThrownBy(() -> ModuleAddresses.of(some("some"), Map.of(".data", 0xffffffffc0002000L)))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found 0xffffffffc0002000, expected 0xc0 in its first page");
        assertThatThrownBy(() -> ModuleAddresses.of(some("some"), Map.of(".other", 0xffffffffc0000000L)))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found no address of any, expected where module some is");
    }

    /** Of a module, a kernel without CONFIG_KALLSYMS_ALL keeps symbols of code only, for which it needs less memory. */
    @Test
    void configuration_ofAKernel_isWhatItsSymbolsShow() {
        KernelRelease release = KernelRelease.parse("6.12.0-toy");
        String code = "ffff800008010000 T _stext\nffff800008010020 D _etext\n";
        assertThat(of(IMAGE).configuration(release).value("KALLSYMS_ALL")).hasValue("y");
        assertThat(of(code).configuration(release).value("KALLSYMS_ALL")).hasValue("n");
        assertThat(of("").configuration(release).value("KALLSYMS_ALL")).isEmpty();
        ModuleBuilder many = module("many").section(".data", SHF_ALLOC | SHF_WRITE, 8, 0xe00);
        for (int i = 0; i < 16; i++) {
            many.symbol("data_" + i, ".data", i);
        }
        Map<String, Long> sections = Map.of(".data", 0xffff8000000000c0L);
        assertThat(ModuleAddresses.of(many.build(), sections, of(IMAGE).configuration(release))
                        .ranges())
                .containsExactly(new AddressRange(0xffff800000000000L, 0x2000));
        assertThat(ModuleAddresses.of(many.build(), sections, of(code).configuration(release))
                        .ranges())
                .containsExactly(new AddressRange(0xffff800000000000L, 0x1000));
    }
}
