package org.jkmod.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.core.TraceSymbolizer.Scope;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of lines; {@link RecordedTraceTest} has real ones. */
class TraceSymbolizerTest {
    private static final KernelAddresses ADDRESSES =
            KernelAddresses.of(Kallsyms.parse("""
            ffffffff81000000 T _stext
            ffffffff81000040 T do_one
            ffffffff81000080 t do_two
            ffffffff810000c0 T _end
            ffffffffc0000000 t mod_one	[mod]
            ffffffffc0000020 t mod_two	[mod]
            """.getBytes(ISO_8859_1), "kallsyms"));

    private record Case(String line, String expected) {
        static Case same(String line) {
            return new Case(line, line);
        }
    }

    private static String symbolized(TraceSymbolizer symbolizer, String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        symbolizer.copy(new ByteArrayInputStream(text.getBytes(ISO_8859_1)), "text", out);
        return out.toString(ISO_8859_1);
    }

    private static String symbolized(String text) throws IOException {
        return symbolized(TraceSymbolizer.of(ADDRESSES, Scope.CODE), text);
    }

    static List<Case> cases() {
        return List.of(
                new Case("ffffffff81000044", "do_one+0x4/0x40"),
                new Case("0xffffffff81000044\r", "do_one+0x4/0x40\r"),
                new Case("FFFFFFFF81000044,", "do_one+0x4/0x40,"),
                new Case(" [<ffffffff81000044>] ", " do_one+0x4/0x40 "),
                new Case(" => <ffffffffc0000000>.", " => <mod_one+0x0/0x20 [mod]>."),
                new Case("[ 1.5] ? 0xffffffffc0000021", "[ 1.5] ? mod_two+0x1/0xfe0 [mod]"),
                new Case("RIP: 0010:0xffffffff81000044", "RIP: 0010:do_one+0x4/0x40"),
                new Case("pc : ffffffff81000044", "pc : do_one+0x4/0x40"),
                new Case(" ra : 0xffffffff81000044", " ra : do_one+0x4/0x40"),
                new Case("address: ffffffff81000044", "address: do_one+0x4/0x40"),
                new Case("ffffffff81000044(ffffffff81000084)", "do_one+0x4/0x40(do_two+0x4/0x40)"),
                new Case(
                        "\tffffffff81000044 [unknown] ([kernel.kallsyms])",
                        "\tffffffff81000044 do_one+0x4 ([kernel.kallsyms])"),
                new Case(
                        "\tffffffff81000044 [unknown] ([guest.kernel.kallsyms])",
                        "\tffffffff81000044 do_one+0x4 ([guest.kernel.kallsyms])"),
                new Case(
                        "\tffffffffc0000004 [unknown] ([kernel.kallsyms])\r",
                        "\tffffffffc0000004 mod_one+0x4 ([mod])\r"),
                new Case("\tffffffffc0000004 [unknown] (/lib/mod.ko)", "\tffffffffc0000004 mod_one+0x4 (/lib/mod.ko)"),
                new Case(
                        "\tffffffff81000044 [unknown] ([unknown])",
                        "\tffffffff81000044 do_one+0x4 ([kernel.kallsyms])"),
                new Case("cpu-clock: ffffffff81000044 [unknown]", "cpu-clock: ffffffff81000044 do_one+0x4"),
                new Case("cycles:P:  ffffffff81000044", "cycles:P:  do_one+0x4/0x40"),
                Case.same("\tffffffff81000044 do_one+0x4 ([kernel.kallsyms])"),
                Case.same("\tffffffff81000044 another ([kernel.kallsyms])"),
                Case.same("[<ffffffff81000044>] do_one+0x4/0x40"),
                Case.same("[<ffffffff81000044>] ? do_one+0x4/0x40"),
                Case.same("ffffffff81000044 (do_one+0x4/0x40)"),
                Case.same("ffffffff81000044 <do_one+0x4>: nop"),
                Case.same("RAX: ffffffff81000044 RBX: ffffffff81000044"),
                Case.same("RSP: 0018:ffffffff81000044 EFLAGS: 00000282"),
                Case.same("FS:  0000000000000000(0000) GS:ffffffff81000044(0000)"),
                Case.same("x20: ffffffff81000044 x19: 0000000000000000"),
                Case.same("x9 : ffffffff81000044"),
                Case.same("epc : ffffffff81000044 ra : ffffffff81000044 sp : ff20000000253da0"),
                Case.same("0xffffffff81000000-0xffffffff81000044 vmap"),
                Case.same("ffffffff81000044+0x10"),
                Case.same("/proc/ffffffff81000044/x"),
                Case.same("id_ffffffff81000044"),
                Case.same("ffffffff81000044a"),
                Case.same("0ffffffff81000044"),
                Case.same("ffffffff8100004"),
                Case.same("ffffffff80000000 ffffffff810000c0 ffff888012345678 ffffffffc0003000"),
                Case.same("00007ffcbe08f568"),
                Case.same(
                        "Kernel Offset: 0x0 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)"),
                Case.same(""));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void line_ofEachForm_isAsDescribed(Case line) throws IOException {
        assertThat(symbolized(line.line() + "\n")).isEqualTo(line.expected() + "\n");
        assertThat(symbolized(line.line())).as("without a newline").isEqualTo(line.expected());
    }

    @Test
    void registers_ifAskedFor_areSymbolized() throws IOException {
        TraceSymbolizer all = TraceSymbolizer.of(ADDRESSES, Scope.REGISTERS);
        assertThat(symbolized(all, "RAX: ffffffff81000044 RBX: 0000000000000001\n"))
                .isEqualTo("RAX: do_one+0x4/0x40 RBX: 0000000000000001\n");
    }

    /** {@code printk_stack_address} (arch/x86/kernel/dumpstack.c) prints %pB, {@code show_ip} %pS. */
    @Test
    void address_betweenTaskMarks_isOneToReturnTo() throws IOException {
        assertThat(symbolized("""
                        ffffffff81000080
                         <TASK>
                         ffffffff81000080
                         ? ffffffff81000081
                        RIP: 0010:ffffffff81000080
                         </TASK>
                        ffffffff81000080
                         <#DF>
                         ffffffff81000080
                         </#DF>\r
                        ffffffff81000080
                        """)).isEqualTo("""
                        do_two+0x0/0x40
                         <TASK>
                         do_one+0x40/0x40
                         ? do_two+0x1/0x40
                        RIP: 0010:do_two+0x0/0x40
                         </TASK>
                        do_two+0x0/0x40
                         <#DF>
                         do_one+0x40/0x40
                         </#DF>\r
                        do_two+0x0/0x40
                        """);
    }

    @Test
    void offset_shownAfterTheAddresses_isFound() throws IOException {
        TraceSymbolizer finding = TraceSymbolizer.findingOffset(ADDRESSES, Scope.CODE);
        String panic = "Kernel Offset: 0x1c000000 from 0xffffffff81000000 (relocation range: ...)\n";
        assertThat(symbolized(finding, "a ffffffff9d000044\n" + panic)).isEqualTo("a do_one+0x4/0x40\n" + panic);
        String named = "ffffffff9d000084 do_two+0x4 ([kernel.kallsyms])\n";
        assertThat(symbolized(finding, "a ffffffff9d000044\n" + named)).isEqualTo("a do_one+0x4/0x40\n" + named);
        String disabled = "Kernel Offset: disabled\n";
        assertThat(symbolized(finding, "a ffffffff81000044\n" + disabled)).isEqualTo("a do_one+0x4/0x40\n" + disabled);
    }

    @Test
    void modulesOfTheList_inAnotherBoot_areElsewhere() throws IOException {
        TraceSymbolizer finding = TraceSymbolizer.findingOffset(ADDRESSES, Scope.CODE);
        assertThat(symbolized(finding, "ffffffffc0000004 ffffffff9d000044\nffffffff9d000084 do_two+0x4/0x40\n"))
                .isEqualTo("ffffffffc0000004 do_one+0x4/0x40\nffffffff9d000084 do_two+0x4/0x40\n");
    }

    @Test
    void offset_thatNothingShows_isMissedOnlyIfAnAddressNeedsIt() throws IOException {
        assertThat(leftOf("RAX: ffffffff81000044\nno address\n")).isZero();
        assertThat(leftOf("x\nffffffff81000044 ffffffffc0000004\nffffffff81000044 do_one+0x4 (/lib/mod.ko)\n"))
                .isEqualTo(2);
        assertThat(leftOf("ffffffff81000044\nffffffff9d000084 do_two+0x4/0x40\n"))
                .as("where the kernel is known, what is no address of it is not left for that")
                .isZero();
    }

    /** Copies a text that does not show enough for a symbol, and says how many addresses were left. */
    private static long leftOf(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long left = TraceSymbolizer.findingOffset(ADDRESSES, Scope.REGISTERS)
                .copy(new ByteArrayInputStream(text.getBytes(ISO_8859_1)), "text", out);
        assertThat(out.toString(ISO_8859_1)).isEqualTo(text);
        return left;
    }

    @Test
    void offset_thatNothingShowsInTheFirst64MiB_isAnError() {
        byte[] lines = "x ffffffff81000044\n".repeat(10_000).getBytes(ISO_8859_1);
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                int count = Math.min(length, lines.length);
                System.arraycopy(lines, 0, bytes, offset, count);
                return count;
            }
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() ->
                        TraceSymbolizer.findingOffset(ADDRESSES, Scope.CODE).copy(endless, "text", out))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found 64 MiB, and no line that shows where the kernel is");
        assertThat(out.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[ 1.5] ------------[ cut here ]------------",
                "---[ end trace 0000000000000000 ]---",
                "---[ end trace ffa10c5d5bd2a7b9 ]---",
                "Call Trace:"
            })
    void trace_withoutItsEnd_endsWithTheMessageOrTheNext(String line) throws IOException {
        assertThat(symbolized(" <TASK>\n ffffffff81000080\n" + line + "\nffffffff81000080\n"))
                .isEqualTo(" <TASK>\n do_one+0x40/0x40\n" + line + "\ndo_two+0x0/0x40\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ffffffff9d000044 do_one+0x4/0x40",
                "ffffffff9d000044 do_one+0x4 ([kernel.kallsyms])",
                "Kernel Offset: 0x1c000000 from 0xffffffff81000000 (relocation range: ...)"
            })
    void line_thatShowsAnotherOffset_isAnError(String line) {
        assertThatThrownBy(() -> symbolized("\n" + line + "\n"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("line 2: found ")
                .hasMessageEndingWith(
                        "expected a kernel that agrees with a kernel moved by 0x0: is the text of another boot?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // of a module, of another size, of no symbol, at no multiple of 64 KiB
                "ffffffff9d000044 do_one+0x4/0x40 [mod]",
                "ffffffff9d000044 do_one+0x4/0x44",
                "ffffffff9d000044 nobody+0x4/0x40",
                "ffffffff9d000048 do_one+0x4/0x40",
                "ffffffff9d000044 do_one+0x4 (/lib/mod.ko)"
            })
    void line_thatIsNotTheKernels_showsNoOffset(String line) throws IOException {
        assertThat(symbolized(line + "\n")).isEqualTo(line + "\n");
    }

    @Test
    void kernelOffset_thatNoKernelCanHave_isAnError() {
        TraceSymbolizer finding = TraceSymbolizer.findingOffset(ADDRESSES, Scope.CODE);
        assertThatThrownBy(() -> symbolized(finding, "Kernel Offset: 0x1c000100 from 0xffffffff81000000\n"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageEndingWith("line 1: found Kernel Offset: 0x1c000100, expected a multiple of 64 KiB");
    }

    @Test
    void listener_ofAText_hearsLinesAndAddresses() throws IOException {
        List<String> heard = new ArrayList<>();
        TraceSymbolizer.of(ADDRESSES, Scope.CODE)
                .forEach(
                        new ByteArrayInputStream("x\nffffffff81000044 ffffffffc0000001\n".getBytes(ISO_8859_1)),
                        "text",
                        (line, address, symbol) -> heard.add(line + " " + Long.toHexString(address) + " " + symbol));
        assertThat(heard)
                .containsExactly("2 ffffffff81000044 do_one+0x4/0x40", "2 ffffffffc0000001 mod_one+0x1/0x20 [mod]");
    }

    @Test
    void line_longerThanTheBuffer_isLeftAlone() throws IOException {
        String line = "x".repeat(LineInput.MAX_LINE) + " ffffffff81000044";
        assertThat(symbolized(line + "\nffffffff81000044\n")).isEqualTo(line + "\ndo_one+0x4/0x40\n");
        String fits = "x".repeat(LineInput.MAX_LINE - 18) + " ffffffff81000044";
        assertThat(symbolized(fits + "\n")).endsWith("x do_one+0x4/0x40\n");
    }

    /** Lines over the ends of buffers, in all sizes of reads. */
    @Test
    void text_inPiecesOfAnySize_isTheSame() throws IOException {
        String text = "a ffffffff81000044 b\n".repeat(40_000);
        String expected = "a do_one+0x4/0x40 b\n".repeat(40_000);
        for (int size : new int[] {1000, 4093, 65_536, 1 << 20}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            InputStream pieces = new FilterInputStream(new ByteArrayInputStream(text.getBytes(ISO_8859_1))) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    return super.read(bytes, offset, Math.min(length, size));
                }
            };
            TraceSymbolizer.of(ADDRESSES, Scope.CODE).copy(pieces, "text", out);
            assertThat(out.toString(ISO_8859_1).equals(expected))
                    .as("pieces of " + size)
                    .isTrue();
        }
    }

    @Test
    void output_beforeAReadThatMayWait_isThere() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> seen = new ArrayList<>();
        InputStream slow = slow(() -> seen.add(out.toString(ISO_8859_1)));
        TraceSymbolizer.of(ADDRESSES, Scope.CODE).copy(slow, "text", out);
        assertThat(seen).containsExactly("", "do_one+0x4/0x40\n", "do_one+0x4/0x40\ndo_one+0x4/0x40\n");
    }

    @Test
    void listener_beforeAReadThatMayWait_isToFlush() throws IOException {
        List<String> seen = new ArrayList<>();
        TraceSymbolizer.of(ADDRESSES, Scope.CODE)
                .forEach(slow(() -> seen.add("read")), "text", new TraceSymbolizer.Listener() {
                    @Override
                    public void found(long line, long address, SymbolAt symbol) {
                        seen.add(symbol.toString());
                    }

                    @Override
                    public void flush() {
                        seen.add("flush");
                    }
                });
        assertThat(seen)
                .containsExactly(
                        "flush", "read", "do_one+0x4/0x40", "flush", "read", "do_one+0x4/0x40", "flush", "read");
    }

    /** Two lines, of which each has to be waited for. */
    private static InputStream slow(Runnable beforeRead) {
        return new InputStream() {
            private int given;

            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                beforeRead.run();
                byte[] line = "ffffffff81000044\n".getBytes(ISO_8859_1);
                System.arraycopy(line, 0, bytes, offset, line.length);
                return given++ < 2 ? line.length : -1;
            }
        };
    }
}
