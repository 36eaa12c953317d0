package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PerCpuChunkTest {
    private static final long START = 0x1_0004L;

    private final PerCpuChunk chunk = new PerCpuChunk(new AddressRange(START, 8 << 10), 4096);

    @Test
    void allocate_inAnEmptyChunk_alignsAddressesAndRoundsSizesTo4() {
        assertThat(chunk.allocate(1, 1)).hasValue(START);
        assertThat(chunk.allocate(5, 4)).hasValue(START + 4);
        assertThat(chunk.allocate(8, 64)).hasValue(0x1_0040);
        assertThat(chunk.allocate(4, 8)).as("the hole before it").hasValue(0x1_0010);
        assertThat(chunk.allocated()).isEqualTo(4 + 8 + 8 + 4);
    }

    @Test
    void chunk_toItsLastByte_isGiven() {
        assertThat(chunk.allocate((8 << 10) + 1, 4)).isEmpty();
        assertThat(chunk.allocate(8 << 10, 4)).hasValue(START);
        assertThat(chunk.allocate(1, 4)).isEmpty();
        chunk.free(START);
        assertThat(chunk.allocated()).isZero();
        assertThat(chunk.allocate((8 << 10) - 4, 4)).hasValue(START);
        assertThat(chunk.allocate(5, 4)).isEmpty();
        assertThat(chunk.allocate(4, 4)).hasValue(START + (8 << 10) - 4);
    }

    /** The conditions of pcpu_alloc's WARN. */
    @Test
    void requests_thatPcpuAllocRefusesAtOnce_areIllegal() {
        assertThat(chunk.isLegal(32 << 10, 4096)).isTrue();
        assertThat(chunk.isLegal((32 << 10) - 3, 4)).isTrue();
        assertThat(chunk.isLegal((32 << 10) + 1, 4)).isFalse();
        assertThat(chunk.isLegal(Long.MIN_VALUE, 4)).isFalse();
        assertThat(chunk.isLegal(4, 8192)).isFalse();
        assertThat(chunk.isLegal(4, 12)).isFalse();
    }

    @Test
    void free_ofWhatNobodyHas_isABug() {
        assertThatThrownBy(() -> chunk.free(START)).isInstanceOf(IllegalStateException.class);
    }

    private record Area(int at, int units) {}

    @Test
    void randomLife_ofManyAreas_isThatOfABitAUnit() {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        Random random = new Random(seed);
        BitSet used = new BitSet();
        List<Area> areas = new ArrayList<>();
        int units = (8 << 10) / 4;
        for (int step = 0; step < 5000; step++) {
            if (areas.isEmpty() || random.nextInt(100) < 55) {
                int size = 1 + random.nextInt(200);
                int align = 4 << random.nextInt(6);
                int wanted = (size + 3) / 4;
                int expected = -1;
                for (int at = 0; at + wanted <= units; at++) {
                    int next = used.nextSetBit(at);
                    if ((START + at * 4L) % align == 0 && (next < 0 || next >= at + wanted)) {
                        expected = at;
                        break;
                    }
                }
                assertThat(chunk.allocate(size, align))
                        .as("seed %d, step %d", seed, step)
                        .isEqualTo(expected < 0 ? OptionalLong.empty() : OptionalLong.of(START + expected * 4L));
                if (expected >= 0) {
                    used.set(expected, expected + wanted);
                    areas.add(new Area(expected, wanted));
                }
            } else {
                Area area = areas.remove(random.nextInt(areas.size()));
                chunk.free(START + area.at() * 4L);
                used.clear(area.at(), area.at() + area.units());
            }
            assertThat(chunk.allocated()).as("seed %d, step %d", seed, step).isEqualTo(used.cardinality() * 4L);
        }
    }
}
