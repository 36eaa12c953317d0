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
}
