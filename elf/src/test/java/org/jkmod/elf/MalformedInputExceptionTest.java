package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MalformedInputExceptionTest {
    @Test
    void message_ofFault_saysAllOfIt() {
        MalformedInputException e = new MalformedInputException("a.ko", "e_shoff", 0x28, "0x99", "less");
        assertThat(e).hasMessage("a.ko: e_shoff at 0x28: found 0x99, expected less");
        assertThat(e.file()).isEqualTo("a.ko");
        assertThat(e.place()).isEqualTo("e_shoff");
        assertThat(e.offset()).isEqualTo(0x28);
        assertThat(e.found()).isEqualTo("0x99");
        assertThat(e.expected()).isEqualTo("less");
    }

    @Test
    void message_ofTextFormat_hasTheLineInDecimal() {
        MalformedInputException e = new MalformedInputException("Module.symvers", "line", 42, "3 columns", "5 columns");
        assertThat(e).hasMessage("Module.symvers: line 42: found 3 columns, expected 5 columns");
        assertThat(e.place()).isEqualTo("line");
        assertThat(e.offset()).isEqualTo(42);
    }

    @Test
    void message_ofControlCharacters_isOneLine() {
        MalformedInputException e = new MalformedInputException("a\tb", "p\u007f", 1, "f\r\nf\u0085", "e\u0000");
        assertThat(e).hasMessage("a\\x09b: p\\x7f at 0x1: found f\\x0d\\x0af\\x85, expected e\\x00");
        assertThat(e.file()).as("unchanged").isEqualTo("a\tb");
        assertThat(e.found()).as("unchanged").isEqualTo("f\r\nf\u0085");
    }

    @Test
    void parts_thatAreNull_areRefused() {
        assertThatThrownBy(() -> new MalformedInputException(null, "p", 0, "f", "e"))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> new MalformedInputException("n", "p", 0, "f", null))
                .isInstanceOf(NullPointerException.class);
    }
}
