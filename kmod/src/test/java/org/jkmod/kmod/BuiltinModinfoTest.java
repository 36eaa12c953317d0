package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is expected here was seen of kmod 30 and 34.2: {@code depmod}, {@code modinfo}. */
class BuiltinModinfoTest {
    private static List<String> read(String text) {
        List<String> found = new ArrayList<>();
        BuiltinModinfo.of(text.getBytes(StandardCharsets.UTF_8))
                .forEach((module, tag, value) -> found.add(module + " " + tag + " " + value));
        return found;
    }

    @Test
    void string_ofSeveralPoints_endsItsModuleAtTheFirst() {
        assertThat(read("a-b.parm.x=1.0=2\0a.x.alias=zip\0")).containsExactly("a_b parm.x 1.0=2", "a x.alias zip");
    }

    @Test
    void string_ofAnotherForm_isPassedOver() {
        assertThat(read("noequals.x\0nopoint=1.0\0.x=1\0\0a.x=\0b.y=no NUL")).containsExactly("a x ", "b y no NUL");
    }
}
