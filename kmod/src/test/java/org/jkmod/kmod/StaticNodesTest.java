package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jkmod.kmod.StaticNodes.Format;
import org.jkmod.kmod.StaticNodes.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected texts are kmod's own: see {@code static-nodes/README.md} beside this class. */
class StaticNodesTest {
    private static byte[] recorded(String name) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(StaticNodesTest.class.getResourceAsStream("static-nodes/" + name), name)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @CsvSource({"odd, HUMAN", "odd, TMPFILES", "odd, DEVNAME", "hostile, HUMAN", "hostile, TMPFILES", "hostile, DEVNAME"
    })
    void text_ofWhatKmodWasGiven_isWhatKmodPrints(String name, Format format) throws IOException {
        StaticNodes nodes = StaticNodes.parse(recorded(name + ".in"));
        assertThat(new String(nodes.text(format), StandardCharsets.ISO_8859_1))
                .isEqualTo(new String(
                        recorded(name + "." + format.name().toLowerCase(Locale.ROOT)), StandardCharsets.ISO_8859_1));
    }

    @Test
    void invalid_ofOddLines_areThoseThatKmodNames() throws IOException {
        assertThat(StaticNodes.parse(recorded("odd.in")).invalid())
                .containsExactly(
                        "bad", "bad2 c10:3", "bad3 n x10:3", "bad4 n c10", "bad5 n c10:", "bad6 n c:5", "C c C10:1");
    }

    @Test
    void parse_ofNumbersOutOfRange_cutsThemAsKmodDoes() {
        assertThat(StaticNodes.parse("a b c-5:18446744073709551617\nc d b4294967296:01\n"
                                .getBytes(StandardCharsets.US_ASCII))
                        .nodes())
                .containsExactly(new Node("a", "b", false, 4294967291L, 4294967295L), new Node("c", "d", true, 0, 1));
    }

    @Test
    void parse_ofTenMegabytesWithoutANewline_comesToAnEnd() {
        byte[] bytes = new byte[10 << 20];
        java.util.Arrays.fill(bytes, (byte) '9');
        assertThat(StaticNodes.parse(bytes).nodes()).isEmpty();
    }
}
