package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModuleIndex.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModuleIndexTest {
    private static ModuleIndex index(ModuleIndex.Builder builder) {
        return ModuleIndex.parse(builder.build(Compat.KMOD_34), "test.bin");
    }

    private static List<String> keys(ModuleIndex index) {
        List<String> keys = new ArrayList<>();
        index.forEach((key, value) -> keys.add(key + "=" + value.value() + "/" + value.priority()));
        return keys;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @ParameterizedTest
    @EnumSource
    void build_withoutEntries_isTheHeader(Compat compat) {
        byte[] bytes = ModuleIndex.builder().build(compat);
        assertThat(hex(bytes)).isEqualTo("b007f457000200010000000c");
        ModuleIndex index = ModuleIndex.parse(bytes, "empty");
        assertThat(index.isEmpty()).isTrue();
        assertThat(index.find("")).isEmpty();
        assertThat(index.matching("x")).isEmpty();
        assertThat(keys(index)).isEmpty();
    }

    @Test
    void parse_fileWithoutBytes_hasNoKeys() {
        ModuleIndex index = ModuleIndex.parse(new byte[0], "modules.builtin.bin");
        assertThat(index.isEmpty()).isTrue();
        assertThat(index.find("a")).isEmpty();
        assertThat(index.matching("a")).isEmpty();
        assertThat(keys(index)).isEmpty();
    }

    @Test
    void build_twoKeysOfOnePrefix_differsInTheOrderOfNodes() {
        ModuleIndex.Builder builder = ModuleIndex.builder().add("abx", "v", 1).add("aby", "w", 2);
        assertThat(hex(builder.build(Compat.KMOD_34)))
                .isEqualTo("b007f45700020001" + "2000000c" + "6161" + "a0000012" + "6200" + "7879" + "4000001e"
                        + "40000028" + "00000001" + "00000001" + "7600" + "00000001" + "00000002" + "7700");
        assertThat(hex(builder.build(Compat.KMOD_30)))
                .isEqualTo("b007f45700020001" + "2000002c" + "00000001" + "00000001" + "7600" + "00000001" + "00000002"
                        + "7700" + "6200" + "7879" + "4000000c" + "40000016" + "6161" + "a0000020");
    }

    @Test
    void find_keysThatBeginEachOther_areDistinct() {
        ModuleIndex index = index(ModuleIndex.builder()
                .add("snd", "a", 0)
                .add("snd_pcm", "b", 1)
                .add("snd_p", "c", 2)
                .add("", "root", 3));
        assertThat(index.find("snd")).containsExactly(new Value(0, "a"));
        assertThat(index.find("snd_pcm")).containsExactly(new Value(1, "b"));
        assertThat(index.find("snd_p")).containsExactly(new Value(2, "c"));
        assertThat(index.first("")).contains(new Value(3, "root"));
        assertThat(index.first("snd_")).isEmpty();
        assertThat(index.find("snd_pcm_")).isEmpty();
        assertThat(index.find("é")).isEmpty();
        assertThat(keys(index)).containsExactly("=root/3", "snd=a/0", "snd_p=c/2", "snd_pcm=b/1");
    }

    @Test
    void find_valuesOfOneKey_ascendByPriorityAndTheLastAddedIsFirst() {
        ModuleIndex index = index(ModuleIndex.builder()
                .add("k", "c", 7)
                .add("k", "a", -1)
                .add("k", "b", 0)
                .add("k", "d", 7));
        assertThat(index.find("k"))
                .containsExactly(new Value(0, "b"), new Value(7, "d"), new Value(7, "c"), new Value(-1, "a"));
    }

    @Test
    void matching_patterns_areFoundByPriority() {
        ModuleIndex index = index(ModuleIndex.builder()
                .add("pci:v00008086d*", "any", 9)
                .add("pci:v00008086d00001234sv*", "one", 3)
                .add("pci:v0000808[67]d0000123?*", "set", 5)
                .add("*", "all", 7)
                .add("pci:v00008086d00001234sv1", "exact", 3)
                .add("usb:*", "usb", 1));
        assertThat(index.matching("pci:v00008086d00001234sv1"))
                .extracting(Value::value)
                .containsExactly("exact", "one", "set", "all", "any");
        assertThat(index.matching("usb:x/y")).extracting(Value::value).containsExactly("usb", "all");
        assertThat(index.matching("pci")).extracting(Value::value).containsExactly("all");
        assertThat(index.matching("")).extracting(Value::value).containsExactly("all");
    }

    @Test
    void builder_whatAnIndexCannotHold_isRefused() {
        ModuleIndex.Builder builder = ModuleIndex.builder();
        assertThatThrownBy(() -> builder.add("é", "v", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.add("k", "\0", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.add("k".repeat(16385), "v", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(builder.build(Compat.KMOD_34)).hasSize(12);
    }

    /** A deep trie must not overflow the stack. */
    @ParameterizedTest
    @EnumSource
    void build_deepTrie_isWrittenAndRead(Compat compat) {
        ModuleIndex.Builder builder = ModuleIndex.builder();
        for (int i = 0; i <= 5000; i++) {
            builder.add("k".repeat(i), "v" + i, i);
        }
        byte[] bytes = builder.build(compat);
        ModuleIndex index = ModuleIndex.parse(bytes, "deep");
        assertThat(keys(index)).hasSize(5001);
        assertThat(index.find("k".repeat(4000))).containsExactly(new Value(4000, "v4000"));
    }

    @ParameterizedTest
    @EnumSource
    void build_randomKeys_areFoundAgain(Compat compat) {
        Random random = new Random(20260101);
        for (int round = 0; round < 200; round++) {
            Map<String, List<Value>> expected = new TreeMap<>();
            ModuleIndex.Builder builder = ModuleIndex.builder();
            for (int i = random.nextInt(60); i > 0; i--) {
                StringBuilder key = new StringBuilder();
                for (int n = random.nextInt(7); n > 0; n--) {
                    key.append("ab\177\1".charAt(random.nextInt(4)));
                }
                builder.add(key.toString(), "v" + i, 100 - i);
                expected.computeIfAbsent(key.toString(), k -> new ArrayList<>()).add(0, new Value(100 - i, "v" + i));
            }
            expected.values().forEach(values -> values.sort((a, b) -> a.priority() - b.priority()));
            ModuleIndex index = ModuleIndex.parse(builder.build(compat), "random");
            Map<String, List<Value>> found = new TreeMap<>();
            index.forEach((key, value) ->
                    found.computeIfAbsent(key, k -> new ArrayList<>()).add(value));
            assertThat(found).as("round %d", round).isEqualTo(expected);
            expected.forEach((key, values) -> assertThat(index.find(key)).isEqualTo(values));
        }
    }

    /** One wrong byte, and what is said of it. */
    @Test
    void read_damagedIndex_isAnError() {
        byte[] good =
                ModuleIndex.builder().add("abx", "v", 1).add("aby", "w", 2).build(Compat.KMOD_34);
        assertMalformed(good, 0, 0, "t: magic number at 0x0: found 0x0007f457, expected 0xb007f457");
        assertMalformed(good, 5, 3, "t: version at 0x4: found 0x00030001, expected 0x0002 in its upper half");
        assertMalformed(good, 11, 0xff, "t: first and last child at 0xff: found the end of the file, expected 2 bytes");
        assertMalformed(
                good, 0x12, 0xe9, "t: prefix at 0x12: found byte 0xe9, expected text of 7 bits that ends with NUL");
        assertMalformed(
                good,
                0x15,
                0x01,
                "t: first and last child at 0x14: found 120 and 1, expected two from 0 to 127 in their order");
        assertMalformed(
                good,
                0x1e,
                0x7f,
                "t: number of values at 0x22: found 2130706433, expected as many as the file has room for");
        assertThatThrownBy(() -> ModuleIndex.parse(new byte[11], "t"))
                .hasMessage("t: size at 0x0: found 11 bytes, expected at least 12, of the header");
    }

    private static void assertMalformed(byte[] good, int at, int value, String message) {
        byte[] bad = good.clone();
        bad[at] = (byte) value;
        assertThatThrownBy(() -> keys(ModuleIndex.parse(bad, "t")))
                .isInstanceOf(MalformedInputException.class)
                .hasMessage(message);
    }

    /** kmod's modprobe -c crashes on this one. */
    @Test
    void forEach_nodeThatIsItsOwnChild_isAnError() {
        byte[] bytes = ByteBuffer.allocate(18)
                .putInt(0xb007f457)
                .putInt(0x00020001)
                .putInt(0x2000000c)
                .put((byte) 'a')
                .put((byte) 'a')
                .putInt(0x2000000c)
                .array();
        ModuleIndex index = ModuleIndex.parse(bytes, "loop");
        assertThatThrownBy(() -> keys(index))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("read again and again");
        assertThatThrownBy(() -> index.find("a".repeat(100))).isInstanceOf(MalformedInputException.class);
        bytes[12] = '*';
        assertThatThrownBy(() -> index.matching("x")).isInstanceOf(MalformedInputException.class);
    }

    @Test
    void read_mutatedIndex_isAnErrorOrReads() {
        ModuleIndex.Builder builder = ModuleIndex.builder();
        for (int i = 0; i < 50; i++) {
            builder.add("pci:v0000" + i * 7919 + "*", "m" + i, i);
        }
        byte[] good = builder.build(Compat.KMOD_34);
        Random random = new Random(42);
        for (int round = 0; round < 20_000; round++) {
            byte[] bad = good.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            byte[] cut = random.nextInt(4) == 0 ? java.util.Arrays.copyOf(bad, random.nextInt(bad.length)) : bad;
            Throwable thrown = catchThrowable(() -> {
                ModuleIndex index = ModuleIndex.parse(cut, "mutated");
                index.find("pci:v00007919*");
                index.matching("pci:v0000791955");
                keys(index);
            });
            if (thrown != null) {
                assertThat(thrown).as("seed 42, round %d", round).isInstanceOf(MalformedInputException.class);
            }
        }
    }

    @Test
    void builder_textOfAnyCharacters_isKeptOrRefused() {
        byte[] all = new byte[127];
        for (int i = 1; i < 128; i++) {
            all[i - 1] = (byte) i;
        }
        String text = new String(all, StandardCharsets.US_ASCII);
        assertThat(index(ModuleIndex.builder().add(text, text, 0)).find(text)).containsExactly(new Value(0, text));
    }

    @Test
    @Timeout(20)
    void matching_manyValuesOfAKey_areInOrderSoon() {
        int count = 500_000;
        ByteBuffer bytes = ByteBuffer.allocate(16 + 6 * count);
        bytes.putInt(TrieWriter.MAGIC).putInt(TrieWriter.VERSION).putInt(TrieWriter.VALUES | 12);
        bytes.putInt(count);
        for (int i = 0; i < count; i++) {
            bytes.putInt(i % 3).put((byte) ('a' + i % 26)).put((byte) 0);
        }
        List<Value> found = ModuleIndex.parse(bytes.array(), "index").matching("");
        assertThat(found).hasSize(count);
        // 499,998 and 499,995: the last of them first
        assertThat(found.subList(0, 2))
                .containsExactly(
                        new Value(0, String.valueOf((char) ('a' + 499_998 % 26))),
                        new Value(0, String.valueOf((char) ('a' + 499_995 % 26))));
        assertThat(found.get(count - 1).priority()).isEqualTo(2);
    }
}
