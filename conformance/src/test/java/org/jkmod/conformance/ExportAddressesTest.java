package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExportAddressesTest {
    private static final long ADDRESS = 0xffff_8000_0800_0000L;
    private static final int STRINGS = 1024;

    private final ByteBuffer memory = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    private int nextString = STRINGS;

    private int string(String text) {
        int at = nextString;
        memory.put(at, text.getBytes(StandardCharsets.US_ASCII));
        nextString += text.length() + 1;
        return at;
    }

    /** An entry of __ksymtab: distances from the places where they stand. */
    private void entry(int at, int symbol, int name) {
        memory.putInt(at, symbol - at).putInt(at + 4, name - (at + 4)).putInt(at + 8, STRINGS - (at + 8));
    }

    @Test
    void exports_ofATable_areFoundAtItsEndsAndBetween() {
        string("");
        entry(64, -100, string("alpha"));
        entry(76, 3000, string("beta"));
        entry(88, 9000, string("gamma"));

        assertThat(ExportAddresses.find(memory, ADDRESS, Set.of("alpha", "beta", "gamma", "delta")))
                .isEqualTo(Map.of("alpha", ADDRESS - 100, "beta", ADDRESS + 3000, "gamma", ADDRESS + 9000));
    }

    @Test
    void name_thatEndsAnotherOne_isFound() {
        string("");
        entry(64, 5, string("alpha"));
        int longer = string("get_jiffies");
        entry(76, 7, longer);
        entry(88, 9, longer + 4);

        assertThat(ExportAddresses.find(memory, ADDRESS, Set.of("jiffies"))).isEqualTo(Map.of("jiffies", ADDRESS + 9));
    }

    @Test
    void number_thatLooksLikeAnEntry_isNone() {
        string("");
        entry(64, 5, string("alpha"));
        int beta = string("beta");
        entry(76, 7, beta);
        entry(88, 9, string("gamma"));
        // alone among zeros
        memory.putInt(512, beta - 512);

        assertThat(ExportAddresses.find(memory, ADDRESS, Set.of("beta"))).isEqualTo(Map.of("beta", ADDRESS + 7));
    }

    @Test
    void name_withTwoAddresses_isLeftOut() {
        string("");
        entry(64, 5, string("alpha"));
        int beta = string("beta");
        entry(76, 7, beta);
        entry(88, 9, string("gamma"));
        entry(512, 5, memory.getInt(68) + 68);
        entry(524, 8, beta);
        entry(536, 9, memory.getInt(92) + 92);

        assertThat(ExportAddresses.find(memory, ADDRESS, Set.of("beta", "gamma")))
                .isEqualTo(Map.of("gamma", ADDRESS + 9));
    }
}
