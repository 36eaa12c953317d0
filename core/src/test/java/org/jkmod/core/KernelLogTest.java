package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KernelLogTest {
    /** As dmesg prints times: five places for seconds, six for microseconds. */
    @Test
    void line_asText_hasTheTimeInBrackets() {
        assertThat(new KernelLog.Line(0, 4, "x")).hasToString("[    0.000000] x");
        assertThat(new KernelLog.Line(12_345_678, 3, "a b")).hasToString("[   12.345678] a b");
        assertThat(new KernelLog.Line(99_999_000_001L, 3, "")).hasToString("[99999.000001] ");
        assertThat(new KernelLog.Line(123_456_000_001L, 3, "late")).hasToString("[123456.000001] late");
    }

    @Test
    void lines_printed_keepOrderLevelAndTime() {
        AtomicLong clock = new AtomicLong(5);
        KernelLog log = new KernelLog(clock::getAndIncrement);
        List<KernelLog.Line> before = log.lines();
        log.print(KernelLog.ERR, "one");
        log.print(KernelLog.WARNING, "two");
        log.print(KernelLog.NOTICE, "three");
        assertThat(log.lines())
                .containsExactly(
                        new KernelLog.Line(5, 3, "one"),
                        new KernelLog.Line(6, 4, "two"),
                        new KernelLog.Line(7, 5, "three"));
        assertThat(before).as("a snapshot").isEmpty();
        assertThatThrownBy(() -> log.lines().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    private static String printed(int recordSize, String text) {
        KernelLog log = new KernelLog(() -> 0, recordSize);
        log.print(KernelLog.ERR, text);
        return log.lines().get(0).text();
    }

    /** 989 and 1021 characters: cases par-charp-long and par-string-long of the recorded verdicts. */
    @Test
    void message_tooLongForARecord_isCut() {
        String text = "0123456789".repeat(120);
        assertThat(printed(992, text)).isEqualTo(text.substring(0, 989));
        assertThat(printed(1024, text)).isEqualTo(text.substring(0, 1021));
        assertThat(printed(1024, text.substring(0, 1021))).hasSize(1021);
        assertThat(printed(1024, text.substring(0, 1020))).hasSize(1020);
    }

    @Test
    void newlines_inAMessage_stayInTheOneRecord() {
        assertThat(printed(1024, "a\nb")).isEqualTo("a\nb");
        assertThat(printed(1024, "a\n")).as("only the last goes").isEqualTo("a\n");
        assertThat(printed(1024, "a".repeat(1020) + "\nb"))
                .as("a cut behind one")
                .hasSize(1020);
        assertThat(printed(1024, "")).isEmpty();
    }

    /** vprintk_store reserves a size of 16 bits. */
    @Test
    void size_ofMoreThan16Bits_isTakenModulo() {
        String text = "x".repeat(0x10000 - 4);
        assertThat(printed(1024, text)).isEmpty();
        assertThat(printed(1024, text + "x".repeat(9))).hasSize(6);
        assertThat(printed(1024, text.substring(1))).hasSize(1021);
    }

    /** msg_add_ext_text. */
    @Test
    void line_escaped_isAsciiOnOneLine() {
        assertThat(new KernelLog.Line(0, 3, "\u007fELF \u00e4\n\\ ~").escaped())
                .isEqualTo("\\x7fELF \\xe4\\x0a\\x5c ~");
    }
}
