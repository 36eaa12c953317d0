package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '`',
            value = {
                // pattern, name, whether it matches
                "printk printk true",
                "printk printkx false",
                "printk print false",
                "printk Printk false",
                "* `` true",
                "* x true",
                "? `` false",
                "? x true",
                "?? x false",
                "tcp_* tcp_ true",
                "*_tcp x_tcp true",
                "*_tcp x_tcp_ false",
                "*a*b*c* xxaxxbxxcxx true",
                "*a*b*c* xxaxxcxxbxx false",
                "a*?c abc true",
                "a*?c ac false",
                "[a-c]x bx true",
                "[a-c]x dx false",
                "[!a-c]x dx true",
                "[!a-c]x bx false",
                "[!a] `` false",
                "[]] ] true",
                "[!]] ] false",
                "[!]] x true",
                "[]-a] ^ true",
                "[a-] - true",
                "[-a] - true",
                "[a-]x bx false",
                "[c-a] b false",
                "[^a] ^ true",
                "[^a] b false",
                "[[] [ true",
                "[*] * true",
                "[*] x false",
                "[\\]] \\] true",
                "[ab [ab true",
                "[ab a false",
                "[ [ true",
                "[! [! true",
                "a[] a[] true",
                "\\*x *x true",
                "\\*x yx false",
                "\\[a] [a] true",
                "x\\ x true",
                "x\\ x\\ false",
                "x\\\\ x\\ true",
                ". x false",
                "a.b a.b true"
            })
    void matches_eachRule_isTheKernels(String pattern, String name, boolean expected) {
        assertThat(Glob.of(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void matches_emptyPattern_isTheEmptyName() {
        assertThat(Glob.of("").matches("")).isTrue();
        assertThat(Glob.of("").matches("x")).isFalse();
        assertThat(Glob.of("[!a]")).hasToString("[!a]");
    }

    @Test
    void matches_charactersThatAreNoByte_none() {
        assertThat(Glob.of("\u0100*").matches("?x")).isFalse();
        assertThat(Glob.of("[\u0100-\u0200]").matches("?")).isFalse();
        assertThat(Glob.of("*").matches("\u0100")).isFalse();
        assertThat(Glob.of("[a-\u0200]").matches("\u00ff")).isTrue();
        assertThat(Glob.of("[!a]\u00e9").matches("\u00ff\u00e9")).isTrue();
    }

    @Test
    void matches_partOfAnArray_isThatName() {
        byte[] bytes = "xkfreex".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Glob.of("k*e").matches(bytes, 1, 5)).isTrue();
        assertThat(Glob.of("k*e").matches(bytes, 1, 6)).isFalse();
        assertThatThrownBy(() -> Glob.of("*").matches(bytes, 3, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @Timeout(10)
    void matches_manyStars_takesNoTime() {
        assertThat(Glob.of("*a".repeat(200) + "b").matches("a".repeat(20_000))).isFalse();
    }

    /** java.util.regex does the same for patterns that both have. */
    @Test
    void matches_randomPatterns_agreeWithRegularExpressions() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int matching = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder glob = new StringBuilder();
            StringBuilder regex = new StringBuilder();
            for (int i = random.nextInt(7); i > 0; i--) {
                int kind = random.nextInt(6);
                char c = (char) ('a' + random.nextInt(3));
                glob.append(new String[] {"*", "?", "[" + c + "c]", "[!" + c + "]", "\\" + c, "" + c}[kind]);
                regex.append(new String[] {".*", ".", "[" + c + "c]", "[^" + c + "]", "" + c, "" + c}[kind]);
            }
            StringBuilder name = new StringBuilder();
            for (int i = random.nextInt(7); i > 0; i--) {
                name.append((char) ('a' + random.nextInt(3)));
            }
            boolean expected = Pattern.matches(regex.toString(), name);
            matching += expected ? 1 : 0;
            assertThat(Glob.of(glob.toString()).matches(name.toString()))
                    .as("%s of %s, seed %s", glob, name, seed)
                    .isEqualTo(expected);
        }
        assertThat(matching).isGreaterThan(1_000);
    }
}
