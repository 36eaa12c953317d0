package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressIndexTest {
    private static final long TEXT = 0xffffffff81000000L;

    @Test
    void floor_emptyIndex_minusOne() {
        AddressIndex index = AddressIndex.of(new long[0], new int[0]);
        assertThat(index.size()).isZero();
        assertThat(index.floor(0)).isEqualTo(-1);
        assertThat(index.floor(-1)).isEqualTo(-1);
    }

    /** Of 0x10, 0x20, 0x7fffffffffffffff, 0x8000000000000000 and 0xffffffffffffffff, given in another order. */
    @ParameterizedTest
    @CsvSource({
        "0, -1",
        "f, -1",
        "10, 0",
        "11, 0",
        "1f, 0",
        "20, 1",
        "7ffffffffffffffe, 1",
        "7fffffffffffffff, 2",
        "8000000000000000, 3",
        "8000000000000001, 3",
        "fffffffffffffffe, 3",
        "ffffffffffffffff, 4",
    })
    void floor_addresses_areUnsigned(String address, int position) {
        AddressIndex index = AddressIndex.of(
                new long[] {-1, 0x20, Long.MIN_VALUE, 0x10, Long.MAX_VALUE}, new int[] {50, 51, 52, 53, 54});
        assertThat(index.floor(Long.parseUnsignedLong(address, 16))).isEqualTo(position);
        assertThat(index.size()).isEqualTo(5);
        assertThat(index.address(3)).isEqualTo(Long.MIN_VALUE);
        assertThat(index.id(3)).isEqualTo(52);
        assertThat(index.id(0)).isEqualTo(53);
        assertThat(index.id(4)).isEqualTo(50);
    }

    @Test
    void floor_aliases_lastOneGivenAndFirstAliasTheFirst() {
        AddressIndex index =
                AddressIndex.of(new long[] {TEXT, 0, TEXT, TEXT + 1, 0, TEXT}, new int[] {10, 11, 12, 13, 14, 15});
        int position = index.floor(TEXT);
        assertThat(position).isEqualTo(4);
        assertThat(index.id(position)).isEqualTo(15);
        assertThat(index.id(position - 1)).isEqualTo(12);
        assertThat(index.firstAlias(position)).isEqualTo(2);
        assertThat(index.firstAlias(3)).isEqualTo(2);
        assertThat(index.firstAlias(2)).isEqualTo(2);
        assertThat(index.id(2)).isEqualTo(10);
        assertThat(index.firstAlias(1)).isEqualTo(0);
        assertThat(index.id(0)).isEqualTo(11);
        assertThat(index.firstAlias(5)).isEqualTo(5);
        assertThat(index.address(5)).isEqualTo(TEXT + 1);
    }

    @Test
    void of_arraysChangeAfterwards_indexDoesNot() {
        long[] addresses = {1, 2, 3};
        int[] ids = {7, 8, 9};
        AddressIndex index = AddressIndex.of(addresses, ids);
        Arrays.fill(addresses, 0);
        Arrays.fill(ids, 0);
        assertThat(index.address(1)).isEqualTo(2);
        assertThat(index.id(1)).isEqualTo(8);
    }

    @Test
    void of_arraysOfOtherLengths_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressIndex.of(new long[2], new int[3]))
                .withMessage("2 addresses, but 3 ids");
    }

    @Test
    void accessors_positionOutOfRange_throw() {
        AddressIndex index = AddressIndex.of(new long[] {1}, new int[] {1});
        for (int position : new int[] {-1, 1}) {
            assertThatThrownBy(() -> index.address(position)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> index.id(position)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> index.firstAlias(position)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void everything_randomAddresses_agreesWithATreeMap() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            // From addresses that are all equal to such that differ in every bit.
            long mask = round % 8 == 0 ? 0 : random.nextLong() >>> random.nextInt(Long.SIZE);
            long base = random.nextInt(4) == 0 ? 0 : random.nextLong() & ~mask;
            int size = random.nextInt(300);
            long[] addresses = new long[size];
            int[] ids = new int[size];
            TreeMap<BigInteger, List<Integer>> expected = new TreeMap<>();
            for (int i = 0; i < size; i++) {
                addresses[i] = base | (random.nextLong() & mask);
                ids[i] = random.nextInt();
                expected.computeIfAbsent(unsigned(addresses[i]), key -> new ArrayList<>())
                        .add(ids[i]);
            }
            AddressIndex index = AddressIndex.of(addresses, ids);
            List<Integer> inOrder = new ArrayList<>();
            expected.values().forEach(inOrder::addAll);
            for (int position = 0; position < size; position++) {
                assertThat(index.id(position)).as("id, seed %s", seed).isEqualTo(inOrder.get(position));
            }
            for (int i = 0; i < 300; i++) {
                long address = size == 0 || random.nextBoolean()
                        ? base | (random.nextLong() & mask)
                        : addresses[random.nextInt(size)] + random.nextInt(3) - 1;
                Map.Entry<BigInteger, List<Integer>> floor = expected.floorEntry(unsigned(address));
                int position = index.floor(address);
                if (floor == null) {
                    assertThat(position).as("floor, seed %s", seed).isEqualTo(-1);
                    continue;
                }
                assertThat(unsigned(index.address(position)))
                        .as("floor, seed %s", seed)
                        .isEqualTo(floor.getKey());
                List<Integer> aliases = floor.getValue();
                int first = index.firstAlias(position);
                assertThat(position - first + 1).as("aliases, seed %s", seed).isEqualTo(aliases.size());
                assertThat(index.id(position)).as("last, seed %s", seed).isEqualTo(aliases.get(aliases.size() - 1));
                assertThat(index.id(first)).as("first, seed %s", seed).isEqualTo(aliases.get(0));
            }
        }
    }

    private static BigInteger unsigned(long address) {
        return new BigInteger(Long.toUnsignedString(address));
    }

    @Test
    void floor_manyAtOnce_isWhatEachIs() {
        Random random = new Random(7);
        long[] addresses = random.longs(5_000)
                .map(address -> switch ((int) (address & 3)) {
                    case 0 -> TEXT + (address >>> 44);
                    case 1 -> address >>> 50;
                    default -> TEXT + (1L << 31) + (address >>> 40);
                })
                .toArray();
        AddressIndex index = AddressIndex.of(addresses, new int[addresses.length]);
        for (boolean sorted : new boolean[] {false, true}) {
            long[] asked = Arrays.stream(addresses)
                    .flatMap(address -> LongStream.of(address - 1, address, address + 9))
                    .toArray();
            if (sorted) {
                Arrays.sort(asked);
            }
            int[] positions = new int[asked.length];
            index.floor(asked, positions);
            for (int i = 0; i < asked.length; i++) {
                assertThat(positions[i]).as("%x", asked[i]).isEqualTo(index.floor(asked[i]));
            }
        }
    }
}
