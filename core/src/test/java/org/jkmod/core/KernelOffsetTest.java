package org.jkmod.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.Test;

class KernelOffsetTest {
    private static final String ALL = """
            ffffffff81000000 T _text
            ffffffff81000000 T _stext
            ffffffff81010010 t twice
            ffffffff81010020 T once
            ffffffff81020010 t twice
            ffffffff81020040 T _end
            """;

    private static KernelOffset of(String text) {
        return new KernelOffset(KernelAddresses.of(Kallsyms.parse(text.getBytes(ISO_8859_1), "kallsyms")));
    }

    private static OptionalLong distance(String list, String... lines) {
        KernelOffset offset = of(list);
        for (int i = 0; i < lines.length; i++) {
            byte[] bytes = lines[i].getBytes(ISO_8859_1);
            offset.line(bytes, 0, bytes.length, "text", i + 1);
        }
        return offset.distance();
    }

    @Test
    void panicLine_ofEachArchitecture_isReadFromWhereTheListBegins() {
        String line = "[    9.1] Kernel Offset: 0x1c000000 from 0xffffffff81000000";
        assertThat(distance(ALL, line)).hasValue(0x1c000000);
        assertThat(distance(ALL, line + " (relocation range: 0xffffffff80000000-0xffffffffbfffffff)\r"))
                .hasValue(0x1c000000);
        assertThat(distance(ALL.replace("ffffffff8", "ffffffff9"), line)).hasValue(0x0c000000);
        assertThat(distance(ALL.replace("ffffffff810", "00000000000"), line)).hasValue(0xffffffff9d000000L);
        assertThat(distance(ALL, "Kernel Offset: disabled")).hasValue(0);
        assertThat(distance(ALL.replace("ffffffff810", "00000000000"), "Kernel Offset: disabled"))
                .isEmpty();
        assertThat(distance(ALL, "Kernel Offset: here", "Kernel Offset: 0x0 from", "Kernel Offset: 0x1 0x2"))
                .isEmpty();
    }

    /** What such a list does not have is where the image begins, but only that it is not far. */
    @Test
    void panicLine_andAListOfCodeOnly_tellOfTheLinkAndOfTheSameBoot() {
        String code = "ffff800008010000 T _stext\nffff800008d00000 D _etext\n";
        String line = "Kernel Offset: 0x2df015200000 from 0xffff800008000000";
        assertThat(distance(code, line)).hasValue(0x2df015200000L);
        assertThat(distance(code.replace("ffff8000080", "ffffadf01d2").replace("ffff800008d", "ffffadf01df"), line))
                .hasValue(0);
        assertThat(distance(code.replace("ffff8", "ffff9"), line)).isEmpty();
    }

    @Test
    void symbol_ofANameThatOccursTwice_leavesWhatOthersAllow() {
        KernelOffset offset = of(ALL);
        offset.symbol("twice", 0xffffffff91020010L);
        assertThat(offset.distance()).isEmpty();
        offset.symbol("once", 0xffffffff91010020L);
        assertThat(offset.distance()).hasValue(0x10000000);
        assertThatThrownBy(() -> offset.symbol("once", 0xffffffff91020020L))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("once at 0xffffffff91020020 does not agree with twice at 0xffffffff91020010");
    }

    @Test
    void namedAddresses_withASize_chooseTheSymbolOfThatSize() {
        assertThat(distance(ALL, "ffffffff91020014 twice+0x4/0x30")).hasValue(0x10000000);
        assertThat(distance(ALL, "ffffffff91020014 twice+0x4 ([kernel.kallsyms])"))
                .isEmpty();
        assertThat(distance(
                        ALL,
                        "ffffffff91020014 twice+0x4 (/usr/lib/debug/boot/vmlinux-6.12)",
                        "x ffffffff91010020 once+0x0/0xfff0"))
                .hasValue(0x10000000);
    }

    @Test
    void knowledge_thatCannotBe_isRefused() {
        assertThatThrownBy(() -> of(ALL).distance(0x1000))
                .hasMessage("a kernel moved by 0x1000: kernels are only moved by multiples of 64 KiB");
        assertThatThrownBy(() -> of(ALL).symbol("once", 0xffffffff91010024L))
                .hasMessageContaining("only moved by multiples of 64 KiB");
        assertThatThrownBy(() -> of(ALL).symbol("nobody", 0)).hasMessage("nobody at 0x0: no such symbol");
        KernelOffset offset = of(ALL);
        offset.distance(0x10000);
        assertThatThrownBy(() -> offset.distance(0x20000))
                .hasMessage("a kernel moved by 0x20000 does not agree with a kernel moved by 0x10000");
    }

    @Test
    void lines_ofTwoBoots_areAnError() {
        assertThatThrownBy(() -> distance(
                        ALL,
                        "Kernel Offset: 0x1c000000 from 0xffffffff81000000",
                        "Kernel Offset: 0x1c200000 from 0xffffffff81000000"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageStartingWith("text: line 2: found Kernel Offset: 0x1c200000")
                .hasMessageContaining("agrees with Kernel Offset: 0x1c000000")
                .hasMessageEndingWith(": is the text of another boot?");
    }

    @Test
    void panicLine_thatPutsTheKernelToNoPlaceForIt_isOfAnotherBuild() {
        assertThatThrownBy(() -> distance(ALL, "Kernel Offset: 0x1c000000 from 0xffffffff81001000 (x)"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessage(
                        "text: line 1: found Kernel Offset: 0x1c000000 from 0xffffffff81001000, expected a multiple of"
                                + " 64 KiB from 0xffffffff81000000, where the kernel begins: is the text of another build?");
    }
}
