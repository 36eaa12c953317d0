package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditDistanceTest {
    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "'', abc, 3",
        "abc, '', 3",
        "printk, printk, 0",
        "printk, prinkt, 1",
        "printk, pritnk, 1",
        "printk, _printk, 1",
        "printk, print, 1",
        "printk, prinrk, 1",
        "kitten, sitting, 3",
        "sunday, saturday, 3",
        "ca, abc, 3",
        "ab, ba, 1",
        "abcd, badc, 2",
        "a, b, 1",
    })
    void to_knownPairs_countsEdits(String from, String to, int edits) {
        assertThat(distance(from, to, 20)).isEqualTo(edits);
        assertThat(distance(to, from, 20)).isEqualTo(edits);
        assertThat(distance(from, to, edits)).isEqualTo(edits);
        if (edits > 0) {
            assertThat(distance(from, to, edits - 1)).isGreaterThan(edits - 1);
        }
    }

    @Test
    void to_randomPairsAndBounds_agreesWithTheFullTable() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            byte[] from = randomName(random);
            EditDistance distance = new EditDistance(from);
            for (int j = 0; j < 20; j++) {
                byte[] to = randomName(random);
                int bound = random.nextInt(20);
                int expected = fullTable(from, to);
                int edits = distance.to(to, 0, to.length, bound);
                if (expected <= bound) {
                    assertThat(edits).as("seed %s", seed).isEqualTo(expected);
                } else {
                    assertThat(edits).as("seed %s", seed).isGreaterThan(bound);
                }
            }
        }
    }

    /** The textbook's table, all of it. */
    static int fullTable(byte[] a, byte[] b) {
        int[][] d = new int[a.length + 1][b.length + 1];
        for (int i = 0; i <= a.length; i++) {
            for (int j = 0; j <= b.length; j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length][b.length];
    }

    private static byte[] randomName(Random random) {
        byte[] name = new byte[random.nextInt(20)];
        for (int i = 0; i < name.length; i++) {
            name[i] = (byte) ('a' + random.nextInt(3));
        }
        return name;
    }

    private static int distance(String from, String to, int bound) {
        // Not at the start of its array, as in a table.
        byte[] bytes = ("xyz" + to + "zyx").getBytes(ISO_8859_1);
        return new EditDistance(from.getBytes(ISO_8859_1)).to(bytes, 3, to.length(), bound);
    }
}
