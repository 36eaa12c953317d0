package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NameIndexTest {
    @Test
    void copyOf_tableGrowsAfterwards_indexStays() {
        NameTable table = new NameTable();
        table.intern("printk");
        table.intern("kfree");
        NameIndex index = NameIndex.copyOf(table);
        for (int i = 0; i < 1000; i++) {
            table.intern("name" + i);
        }
        assertThat(index.size()).isEqualTo(2);
        assertThat(index.find("printk")).isEqualTo(0);
        assertThat(index.find("kfree")).isEqualTo(1);
        assertThat(index.find("name7")).isEqualTo(-1);
        assertThat(index.name(1)).isEqualTo("kfree");
        assertThat(index.length(1)).isEqualTo(5);
        assertThatThrownBy(() -> index.name(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void find_bytes_sameAsString() {
        NameIndex index = index("printk", "kfree");
        byte[] bytes = "xkfreex".getBytes(ISO_8859_1);
        assertThat(index.find(bytes, 1, 5)).isEqualTo(1);
        assertThat(index.find(bytes, 1, 6)).isEqualTo(-1);
        byte[] dest = new byte[6];
        assertThat(index.copyName(1, dest, 1)).isEqualTo(5);
        assertThat(dest).isEqualTo("\0kfree".getBytes(ISO_8859_1));
    }

    @Test
    void copyOf_emptyTable_findsNothing() {
        NameIndex index = index();
        assertThat(index.size()).isZero();
        assertThat(index.find("")).isEqualTo(-1);
        assertThat(index.nearest("printk", 3)).isEmpty();
    }

    @Test
    void forEachWithPrefix_names_areTheirIdsInOrder() {
        NameIndex index = index("tcp_connect", "printk", "tcp", "tc", "", "atcp", "tcp_close");
        assertThat(withPrefix(index, "tcp")).containsExactly(0, 2, 6);
        assertThat(withPrefix(index, "")).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(withPrefix(index, "tcp_connect_")).isEmpty();
        assertThat(withPrefix(index("?"), "\u0100")).isEmpty();
    }

    @Test
    void forEachMatch_globs_areTheIdsOfNamesThatMatch() {
        NameIndex index = index("tcp_connect", "printk", "tcp", "tc", "", "atcp", "tcp_close");
        assertThat(matching(index, "tcp*")).containsExactly(0, 2, 6);
        assertThat(matching(index, "*c[!p]*")).containsExactly(0, 6);
        assertThat(matching(index, "t?p")).containsExactly(2);
        assertThat(matching(index, "tcp_[a-d]*")).containsExactly(0, 6);
        assertThat(matching(index, "*")).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(matching(index, "x*")).isEmpty();
    }

    private static List<Integer> withPrefix(NameIndex index, String prefix) {
        List<Integer> ids = new ArrayList<>();
        index.forEachWithPrefix(prefix, ids::add);
        return ids;
    }

    private static List<Integer> matching(NameIndex index, String glob) {
        List<Integer> ids = new ArrayList<>();
        index.forEachMatch(Glob.of(glob), ids::add);
        return ids;
    }

    /** The index has its own, denser hash table. */
    @Test
    void find_anyNumberOfNames_findsEachAndNoOther() {
        NameTable table = new NameTable();
        for (int size = 0; size < 600; size++) {
            NameIndex index = NameIndex.copyOf(table);
            for (int i = 0; i < size; i++) {
                assertThat(index.find("name" + i)).isEqualTo(i);
            }
            assertThat(index.find("name" + size)).isEqualTo(-1);
            table.intern("name" + size);
        }
    }

    @Test
    void nearest_misspeltNames_fewestEditsFirst() {
        NameIndex index = index("kfree", "vprintk", "usb_register", "_printk", "printk", "print", "unrelated");
        assertThat(index.nearest("prinkt", 9)).containsExactly("printk", "print", "vprintk", "_printk");
        assertThat(index.nearest("prinkt", 1)).containsExactly("printk");
        assertThat(index.nearest("prinkt", 2)).containsExactly("printk", "print");
        assertThat(index.nearest("usb_regsiter", 3)).containsExactly("usb_register");
        assertThat(index.nearest("kfre", 3)).containsExactly("kfree");
    }

    @Test
    void nearest_equallyNear_lowerIdFirst() {
        NameIndex index = index("abd", "abe", "abc", "xbc");
        assertThat(index.nearest("abf", 3)).containsExactly("abd", "abe", "abc");
        assertThat(index.nearest("abf", 2)).containsExactly("abd", "abe");
    }

    @Test
    void nearest_knownName_comesFirst() {
        assertThat(index("kfreee", "kfree").nearest("kfree", 5)).containsExactly("kfree", "kfreee");
    }

    @Test
    void nearest_shortName_allowsOneEdit() {
        NameIndex index = index("ab", "xy", "a", "");
        assertThat(index.nearest("a", 9)).containsExactly("a", "ab", "");
    }

    @Test
    void nearest_longName_allowsEightEdits() {
        String name = "n".repeat(60);
        NameIndex index = index("x".repeat(8) + "n".repeat(52), "x".repeat(9) + "n".repeat(51));
        assertThat(index.nearest(name, 9)).containsExactly("x".repeat(8) + "n".repeat(52));
    }

    @Test
    void nearest_longerThanAnySymbol_nothing() {
        NameIndex index = index("n".repeat(512), "n".repeat(513));
        assertThat(index.nearest("n".repeat(512), 9)).containsExactly("n".repeat(512), "n".repeat(513));
        assertThat(index.nearest("n".repeat(513), 9)).isEmpty();
    }

    @Test
    void nearest_limits_areKept() {
        NameIndex index = index("printk");
        assertThat(index.nearest("printk", 0)).isEmpty();
        assertThat(index.nearest("printk", Integer.MAX_VALUE)).containsExactly("printk");
        assertThatIllegalArgumentException().isThrownBy(() -> index.nearest("printk", -1));
    }

    @Test
    void nearest_randomNames_agreesWithSortingAllOfThem() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            NameTable table = new NameTable();
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String name = randomName(random);
                if (table.intern(name) == names.size()) {
                    names.add(name);
                }
            }
            String wanted = randomName(random);
            int limit = random.nextInt(12);
            byte[] bytes = wanted.getBytes(ISO_8859_1);
            // The sort is stable: among equals the lower id stays first.
            List<String> expected = names.stream()
                    .filter(name -> edits(bytes, name) <= Math.max(1, wanted.length() / 3))
                    .sorted(Comparator.comparingInt(name -> edits(bytes, name)))
                    .limit(limit)
                    .toList();
            assertThat(NameIndex.copyOf(table).nearest(wanted, limit))
                    .as("seed %s", seed)
                    .isEqualTo(expected);
        }
    }

    private static int edits(byte[] from, String to) {
        return EditDistanceTest.fullTable(from, to.getBytes(ISO_8859_1));
    }

    private static String randomName(Random random) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(24); i > 0; i--) {
            name.append((char) ('a' + random.nextInt(3)));
        }
        return name.toString();
    }

    private static NameIndex index(String... names) {
        NameTable table = new NameTable();
        for (String name : names) {
            table.intern(name);
        }
        return NameIndex.copyOf(table);
    }
}
