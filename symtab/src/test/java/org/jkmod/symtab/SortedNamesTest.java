package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SortedNamesTest {
    private static NameTable table(Iterable<String> names) {
        NameTable table = new NameTable();
        names.forEach(table::intern);
        return table;
    }

    private static SortedNames pack(Iterable<String> names) {
        NameTable table = table(names);
        return SortedNames.of(table, NameSort.sorted(table));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void everything_randomNames_agreesWithATreeSet() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            String alphabet =
                    round % 3 == 0 ? "ab" : round % 3 == 1 ? "a\u00ff\u0080b\u007f" : "_abcdefghijklmnopqrstuvwxyz";
            int maxLength = round % 7 == 0 ? 600 : 20;
            TreeSet<String> names = new TreeSet<>();
            for (int i = random.nextInt(300); i > 0; i--) {
                String start = names.isEmpty() || random.nextBoolean() ? "" : names.first();
                names.add(start + text(random, alphabet, 1 + random.nextInt(maxLength)));
            }
            List<String> shuffled = new ArrayList<>(names);
            Collections.shuffle(shuffled, random);
            SortedNames packed = pack(shuffled);
            List<String> sorted = List.copyOf(names);
            assertThat(packed.size()).isEqualTo(sorted.size());
            for (int rank = 0; rank < sorted.size(); rank++) {
                assertThat(packed.name(rank)).as("seed %s", seed).isEqualTo(sorted.get(rank));
            }
            for (int i = 0; i < 100; i++) {
                String asked = i < sorted.size() ? sorted.get(i) : text(random, alphabet, random.nextInt(maxLength));
                byte[] bytes = bytes("x" + asked + "y");
                int ceiling = names.headSet(asked).size();
                assertThat(packed.ceiling(bytes, 1, asked.length()))
                        .as("ceiling of %s, seed %s", asked, seed)
                        .isEqualTo(ceiling);
                assertThat(packed.find(bytes, 1, asked.length()))
                        .as("%s, seed %s", asked, seed)
                        .isEqualTo(names.contains(asked) ? ceiling : -1);
            }
        }
    }

    private static String text(Random random, String alphabet, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    @Test
    void copyName_intoTooLittleRoom_throwsOnlyIfTheNameItselfDoesNotFit() {
        SortedNames names = pack(List.of("aaaaaaaaaaaaaaaa", "ab", "abcdef"));
        byte[] dest = new byte[4];
        assertThat(names.copyName(1, dest, 2)).isEqualTo(2);
        assertThat(dest).containsExactly(0, 0, 'a', 'b');
        assertThatThrownBy(() -> names.copyName(2, dest, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> names.copyName(3, dest, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void of_namesThatNoSymbolHas_areRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> pack(List.of("")));
        assertThatIllegalArgumentException().isThrownBy(() -> pack(List.of("a\0b")));
        assertThat(pack(List.of()).find(new byte[1], 0, 1)).isEqualTo(-1);
    }
}
