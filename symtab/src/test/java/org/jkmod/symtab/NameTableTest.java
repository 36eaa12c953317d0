package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NameTableTest {
    private final NameTable table = new NameTable();

    @Test
    void intern_newNames_numbersThemInOrder() {
        assertThat(table.intern("printk")).isEqualTo(0);
        assertThat(table.intern("kfree")).isEqualTo(1);
        assertThat(table.intern("")).isEqualTo(2);
        assertThat(table.intern("printk")).isEqualTo(0);
        assertThat(table.intern("_printk")).isEqualTo(3);
        assertThat(table.size()).isEqualTo(4);
    }

    @Test
    void intern_sourceChangesAfterwards_nameDoesNot() {
        byte[] bytes = "kmalloc".getBytes(ISO_8859_1);
        table.intern(bytes, 0, bytes.length);
        Arrays.fill(bytes, (byte) 'x');
        assertThat(table.name(0)).isEqualTo("kmalloc");
        assertThat(table.find("kmalloc")).isEqualTo(0);
    }

    @Test
    void find_emptyTable_minusOne() {
        assertThat(table.find("printk")).isEqualTo(-1);
        assertThat(table.find("")).isEqualTo(-1);
        assertThat(table.find(new byte[] {1, 2, 3}, 1, 2)).isEqualTo(-1);
    }

    @Test
    void find_prefixOrExtensionOfName_minusOne() {
        table.intern("usb_register");
        assertThat(table.find("usb_registe")).isEqualTo(-1);
        assertThat(table.find("usb_register_")).isEqualTo(-1);
        assertThat(table.find("usb_register\0")).isEqualTo(-1);
    }

    /** Names are hashed in words of 8 bytes: every length around them, anywhere in an array, is the same name. */
    @Test
    void find_sameBytesAnywhereInAnArray_sameId() {
        for (int length = 0; length <= 40; length++) {
            byte[] name = new byte[length];
            for (int i = 0; i < length; i++) {
                name[i] = (byte) (0xF0 + i);
            }
            int id = table.intern(name, 0, length);
            assertThat(id).isEqualTo(length);
            for (int before = 0; before < 10; before++) {
                for (int after = 0; after < 10; after++) {
                    byte[] array = new byte[before + length + after];
                    Arrays.fill(array, (byte) 0x5A);
                    System.arraycopy(name, 0, array, before, length);
                    assertThat(table.find(array, before, length)).isEqualTo(id);
                }
            }
        }
    }

    @Test
    void intern_namesThatDifferInTrailingNuls_differ() {
        for (int nuls = 0; nuls < 20; nuls++) {
            byte[] name = new byte[1 + nuls];
            name[0] = 'a';
            assertThat(table.intern(name, 0, name.length)).isEqualTo(nuls);
        }
    }

    @Test
    void name_bytesAboveAscii_hasACharacterAByte() {
        byte[] bytes = {(byte) 0xC3, (byte) 0xA4, (byte) 0xFF, 2, 0};
        int id = table.intern(bytes, 0, 5);
        assertThat(table.name(id)).isEqualTo("\u00C3\u00A4\u00FF\u0002\0");
        assertThat(table.find("\u00C3\u00A4\u00FF\u0002\0")).isEqualTo(id);
        assertThat(table.intern("\u00C3\u00A4\u00FF\u0002\0")).isEqualTo(id);
    }

    @Test
    void intern_characterAboveFF_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> table.intern("a\u0100"))
                .withMessage("a name has a character a byte, up to U+00FF: a\u0100");
        assertThat(table.size()).isZero();
    }

    @Test
    void find_characterAboveFF_minusOne() {
        // What an encoder writes for a character that it does not know.
        table.intern("a?");
        assertThat(table.find("a\u0100")).isEqualTo(-1);
    }

    @Test
    void copyName_roomForIt_copiesItAndNothingElse() {
        table.intern("kfree");
        table.intern("printk");
        byte[] dest = new byte[10];
        assertThat(table.copyName(1, dest, 3)).isEqualTo(6);
        assertThat(dest).isEqualTo("\0\0\0printk\0".getBytes(ISO_8859_1));
        assertThat(table.length(0)).isEqualTo(5);
        assertThat(table.length(1)).isEqualTo(6);
    }

    @Test
    void copyName_noRoom_throws() {
        table.intern("printk");
        assertThatThrownBy(() -> table.copyName(0, new byte[5], 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.copyName(0, new byte[6], 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, Integer.MAX_VALUE})
    void accessors_idOutOfRange_throw(int id) {
        table.intern("printk");
        assertThatThrownBy(() -> table.name(id)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.length(id)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.copyName(id, new byte[9], 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 5", "4, 1", "2, -1", "1, 2147483647"})
    void internAndFind_rangeOutOfArray_throw(int offset, int length) {
        byte[] bytes = new byte[4];
        assertThatThrownBy(() -> table.intern(bytes, offset, length)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.find(bytes, offset, length)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(table.size()).isZero();
    }

    @Test
    void everything_randomNames_agreesWithAHashMap() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<String, Integer> expected = new LinkedHashMap<>();
        for (int i = 0; i < 200_000; i++) {
            // Few letters and lengths, so that names come again.
            byte[] bytes = new byte[random.nextInt(1, 60)];
            int offset = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(bytes.length - offset, random.nextInt(1, 40)) + 1);
            int letters = random.nextBoolean() ? 2 : 5;
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) "a\u00FFb\0_".charAt(random.nextInt(letters));
            }
            String name = new String(bytes, offset, length, ISO_8859_1);
            assertThat(table.find(bytes, offset, length))
                    .as("find, seed %s", seed)
                    .isEqualTo(expected.getOrDefault(name, -1));
            if (random.nextInt(3) > 0) {
                Integer id = expected.computeIfAbsent(name, key -> expected.size());
                int interned = random.nextBoolean() ? table.intern(bytes, offset, length) : table.intern(name);
                assertThat(interned).as("intern, seed %s", seed).isEqualTo(id);
            }
        }
        assertThat(table.size()).as("size, seed %s", seed).isEqualTo(expected.size());
        expected.forEach((name, id) -> {
            assertThat(table.name(id)).as("name, seed %s", seed).isEqualTo(name);
            assertThat(table.length(id)).as("length, seed %s", seed).isEqualTo(name.length());
            assertThat(table.find(name)).as("find, seed %s", seed).isEqualTo(id);
        });
    }

    /**
     * Thrown at random into twice as many slots, n names hit 2n(1 - e^-1/2) of them: 25,786 of 65,536 for 32,768, with
     * a standard deviation near 80. Names that differ in a digit or a bit must do as well, in both halves of the hash.
     */
    @Test
    void hash_similarNames_hitAsManySlotsAsRandomOnes() {
        assertSpread("counted", i -> "symbol_" + i);
        assertSpread("counted at the front", i -> i + "_ops_register_driver");
        assertSpread("addresses", i -> String.format("bpf_prog_%016x", 0xffffffff81000000L + 16L * i));
        assertSpread("one long run with two differences", i -> "a".repeat(i % 181) + "b" + "a".repeat(i / 181));
        assertSpread("short", i -> Integer.toString(i, 36));
        assertSpread("high bits of a word", i -> "\0\0\0\0\0" + (char) (i >> 8) + (char) (i & 0xFF) + "\0");
        assertSpread("zeros", i -> "\0".repeat(i));
    }

    private static void assertSpread(String what, IntFunction<String> names) {
        BitSet low = new BitSet();
        BitSet high = new BitSet();
        for (int i = 0; i < 32_768; i++) {
            byte[] name = names.apply(i).getBytes(ISO_8859_1);
            long hash = NameTable.hash(name, 0, name.length);
            low.set((int) hash & 0xFFFF);
            high.set((int) (hash >>> 48));
        }
        assertThat(low.cardinality()).as("%s, low bits", what).isCloseTo(25_786, within(1_000));
        assertThat(high.cardinality()).as("%s, high bits", what).isCloseTo(25_786, within(1_000));
    }

    @Test
    void grownLength_aroundTheLimit_neverExceedsIt() {
        assertThat(NameTable.grownLength(100, 101)).isEqualTo(150);
        assertThat(NameTable.grownLength(100, 1000)).isEqualTo(1000);
        assertThat(NameTable.grownLength(2_000_000_000, 2_000_000_001L)).isEqualTo(2_147_483_639);
        assertThat(NameTable.grownLength(2_147_483_638, 2_147_483_639L)).isEqualTo(2_147_483_639);
        assertThatIllegalStateException()
                .isThrownBy(() -> NameTable.grownLength(2_000_000_000, 2_147_483_640L))
                .withMessage("a name table has at most 2147483639 bytes of names");
    }

    @ParameterizedTest
    @CsvSource({"0, 9, 3", "3, 9, 0", "4, 9, 4", "4, 8, -1", "9, 9, -1", "0, 3, -1", "0, 4, 3"})
    void nulTerminatedLength_inRange_countsBytesBeforeTheNul(int offset, int limit, int length) {
        byte[] bytes = "abc\0defg\0".getBytes(ISO_8859_1);
        assertThat(NameTable.nulTerminatedLength(bytes, offset, limit)).isEqualTo(length);
    }

    @ParameterizedTest
    @CsvSource({"-1, 2", "0, 10", "3, 2"})
    void nulTerminatedLength_rangeOutOfArray_throws(int offset, int limit) {
        assertThatThrownBy(() -> NameTable.nulTerminatedLength(new byte[9], offset, limit))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
