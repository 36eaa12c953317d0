package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A SEQUENCE of an INTEGER, an optional [0] and any number of others, in all the forms that the kernel's decoder takes or refuses. */
class DerReaderTest {
    private static String read(String hex) {
        DerReader r = new DerReader(HexFormat.of().parseHex(hex.replace(" ", "")));
        StringBuilder found = new StringBuilder();
        r.match(DerReader.SEQUENCE);
        r.match(DerReader.INTEGER);
        found.append(HexFormat.of().formatHex(r.content()));
        if (r.matchIfThere(DerReader.context(0))) {
            found.append(" [0]").append(HexFormat.of().formatHex(r.content()));
        }
        while (r.anyIfThere()) {
            found.append(" +").append(r.header()).append(",").append(r.length());
        }
        r.leave();
        return found.append(" = ").append(r.length()).toString();
    }

    private record Case(String what, String bytes, String found) {}

    @TestFactory
    Stream<DynamicTest> element_anyForm_isTakenOrRefused() {
        String refused = "EBADMSG";
        return Stream.of(
                        new Case("plain", "30 03 02 01 05", "05 = 3"),
                        new Case("bytes behind", "30 03 02 01 05 ff ff", "05 = 3"),
                        new Case("longer length", "30 82 00 04 02 81 01 05", "05 = 4"),
                        new Case("three bytes of length", "30 83 00 00 03 02 01 05", refused),
                        new Case("optional", "30 06 02 01 05 80 01 07", "05 [0]07 = 6"),
                        new Case("optional, constructed", "30 06 02 01 05 a0 01 07", "05 +2,1 = 6"),
                        new Case("SEQUENCE said to be primitive", "10 03 02 01 05", "05 = 3"),
                        new Case("INTEGER said to be constructed", "30 03 22 01 05", refused),
                        new Case("other tag", "31 03 02 01 05", refused),
                        new Case("long tag", "30 06 02 01 05 1f 01 07", refused),
                        new Case("beyond the end", "30 04 02 01 05", refused),
                        new Case("beyond the container", "30 03 02 02 05 06", refused),
                        new Case("one byte left", "30 04 02 01 05 00", refused),
                        new Case("indefinite inside", "30 0a 02 01 05 a1 80 04 01 01 00 00", "05 +2,5 = 10"),
                        new Case("indefinite, nested", "30 0b 02 01 05 a1 80 30 80 00 00 00 00", "05 +2,6 = 11"),
                        new Case("indefinite, not ended", "30 09 02 01 05 a1 80 04 02 00 00", refused),
                        new Case("indefinite, primitive", "30 08 02 01 05 80 80 01 00 00", refused),
                        new Case("nothing", "", refused),
                        new Case("empty", "30 00", refused))
                .map(c -> DynamicTest.dynamicTest(c.what, () -> {
                    String found;
                    try {
                        found = read(c.bytes);
                    } catch (SignatureFault e) {
                        found = e.errno().name();
                    }
                    assertThat(found).isEqualTo(c.found);
                }));
    }

    @Test
    void sequence_indefinite_endsAtTwoZeros() {
        DerReader r = new DerReader(HexFormat.of().parseHex("3080020105020106000004"));
        r.match(DerReader.SEQUENCE);
        int count = 0;
        do {
            r.match(DerReader.INTEGER);
            count++;
        } while (r.more());
        assertThat(count).isEqualTo(2);
        assertThat(r.length()).isEqualTo(6);
        assertThat(r.header()).isEqualTo(2);
    }

    @Test
    void choice_atTheEnd_maybeLeftOut() {
        DerReader r = new DerReader(HexFormat.of().parseHex("3003020105"));
        r.match(DerReader.SEQUENCE);
        r.match(DerReader.INTEGER);
        assertThat(r.choose(DerReader.SET, DerReader.SEQUENCE)).isEqualTo(-1);
        r.leave();
    }

    @Test
    void reader_moreThan64KiB_saysSo() {
        SignatureFault fault = catchThrowableOfType(SignatureFault.class, () -> new DerReader(new byte[65536]));
        assertThat(fault.errno()).isEqualTo(Errno.EMSGSIZE);
    }
}
