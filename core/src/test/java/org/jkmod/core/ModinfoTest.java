package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jkmod.core.Modinfo.Entry;
import org.junit.jupiter.api.Test;

class ModinfoTest {
    private static Modinfo parse(String content) {
        return Modinfo.parse(ByteBuffer.wrap(content.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void entries_ofAUsualSection_areInTheFilesOrder() {
        Modinfo modinfo = parse("license=GPL\0alias=a\0alias=b=c\0\0\0empty=\0");
        assertThat(modinfo.entries())
                .containsExactly(
                        new Entry("license", "GPL"),
                        new Entry("alias", "a"),
                        new Entry("alias", "b=c"),
                        new Entry("empty", ""));
        assertThat(modinfo.first("alias")).contains("a");
        assertThat(modinfo.all("alias")).containsExactly("a", "b=c");
        assertThat(modinfo.first("empty")).contains("");
        assertThat(modinfo.first("lic")).isEmpty();
        assertThat(modinfo.first("License")).isEmpty();
        assertThat(modinfo.all("none")).isEmpty();
    }

    @Test
    void strings_withoutAnEqualsSign_arePassedOver() {
        assertThat(parse("nonsense\0=value\0x=1\0").entries())
                .containsExactly(new Entry("", "value"), new Entry("x", "1"));
    }

    @Test
    void lastString_withoutNul_endsWithTheSection() {
        assertThat(parse("a=1\0b=2").all("b")).containsExactly("2");
        assertThat(parse("a=1\0b").entries()).hasSize(1);
    }

    @Test
    void section_thatIsEmptyOrAllNuls_hasNoEntries() {
        assertThat(parse("").entries()).isEmpty();
        assertThat(parse("\0\0\0").entries()).isEmpty();
    }

    @Test
    void buffer_thatWasGiven_isNotMoved() {
        ByteBuffer buffer = ByteBuffer.wrap("xa=1\0".getBytes(StandardCharsets.US_ASCII));
        buffer.position(1);
        assertThat(Modinfo.parse(buffer).first("a")).contains("1");
        assertThat(buffer.position()).isEqualTo(1);
    }

    @Test
    void text_ofAValue_isItsBytesAsUtf8() {
        String raw = new String("J\u00f6rg \u4e2d".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Modinfo modinfo = parse("author=" + raw + "\0");
        assertThat(modinfo.first("author")).contains(raw);
        assertThat(Modinfo.text(raw)).isEqualTo("J\u00f6rg \u4e2d");
    }
}
