package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VmallocRegionTest {
    private static final long START = 0xffff_ffff_c000_0000L;
    private static final int PAGE = 4096;

    private static VmallocRegion pages(int count) {
        return new VmallocRegion(new AddressRange(START, (long) count * PAGE), PAGE);
    }

    private static OptionalLong page(int n) {
        return OptionalLong.of(START + (long) n * PAGE);
    }

    @Test
    void allocate_inAnEmptyRegion_leavesAGuardPageBehindEachPiece() {
        VmallocRegion space = pages(100);
        assertThat(space.allocate(1)).isEqualTo(page(0));
        assertThat(space.allocate(PAGE)).isEqualTo(page(2));
        assertThat(space.allocate(PAGE + 1)).isEqualTo(page(4));
        assertThat(space.allocate(1)).isEqualTo(page(7));
        assertThat(space.allocated()).isEqualTo(9L * PAGE);
    }

    @Test
    void allocate_withHolesOfManySizes_takesTheLowestThatIsLargeEnough() {
        VmallocRegion space = pages(100);
        long small = space.allocate(PAGE).orElseThrow();
        space.allocate(PAGE);
        long large = space.allocate(3L * PAGE).orElseThrow();
        space.allocate(PAGE);
        space.free(large, 3L * PAGE);
        space.free(small, PAGE);
        // pages 0-1 and 4-7 are free
        assertThat(space.allocate(2L * PAGE)).isEqualTo(page(4));
        assertThat(space.allocate(PAGE)).isEqualTo(page(0));
        assertThat(space.allocate(1)).isEqualTo(page(10));
    }

    @Test
    void free_ofNeighbours_makesOneHole() {
        VmallocRegion space = pages(9);
        long a = space.allocate(2L * PAGE).orElseThrow();
        long b = space.allocate(2L * PAGE).orElseThrow();
        long c = space.allocate(2L * PAGE).orElseThrow();
        assertThat(space.allocate(1)).isEmpty();
        space.free(a, 2L * PAGE);
        space.free(c, 2L * PAGE);
        assertThat(space.allocate(3L * PAGE)).isEmpty();
        space.free(b, 2L * PAGE);
        assertThat(space.allocated()).isZero();
        assertThat(space.allocate(8L * PAGE)).isEqualTo(page(0));
    }

    @Test
    void region_thatIsFull_takesNoMoreAndIsNotChanged() {
        VmallocRegion space = pages(4);
        assertThat(space.allocate(4L * PAGE))
                .as("no page is left for the guard")
                .isEmpty();
        assertThat(space.allocated()).isZero();
        assertThat(space.allocate(3L * PAGE)).isEqualTo(page(0));
        assertThat(space.allocate(0)).isEmpty();
        assertThat(space.allocate(1)).isEmpty();
    }

    @Test
    void roundUp_ofASize_isWholePages() {
        VmallocRegion space = pages(4);
        assertThat(space.roundUp(0)).isZero();
        assertThat(space.roundUp(1)).isEqualTo(PAGE);
        assertThat(space.roundUp(PAGE)).isEqualTo(PAGE);
        assertThat(space.roundUp(PAGE + 1)).isEqualTo(2 * PAGE);
    }

    @Test
    void region_ofLargePages_usesThem() {
        VmallocRegion space = new VmallocRegion(new AddressRange(0, 1 << 20), 1 << 16);
        assertThat(space.allocate(1)).hasValue(0);
        assertThat(space.allocate(0x1_0001)).hasValue(0x2_0000);
        assertThat(space.allocate(1)).hasValue(0x5_0000);
    }

    /** The simplest thing that can be right: a bit a page. */
    private static final class Model {
        private final BitSet used = new BitSet();
        private final int pages;

        Model(int pages) {
            this.pages = pages;
        }

        int allocate(int wanted) {
            for (int at = 0; at + wanted <= pages; at++) {
                int next = used.nextSetBit(at);
                if (next < 0 || next >= at + wanted) {
                    used.set(at, at + wanted);
                    return at;
                }
            }
            return -1;
        }

        void free(int at, int length) {
            used.clear(at, at + length);
        }
    }

    private record Piece(long address, long size) {}

    @Test
    void randomLife_ofManyPieces_isThatOfABitAPage() {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            int pages = 1 + random.nextInt(200);
            VmallocRegion space = pages(pages);
            Model model = new Model(pages);
            List<Piece> pieces = new ArrayList<>();
            for (int step = 0; step < 1000; step++) {
                if (pieces.isEmpty() || random.nextInt(100) < 55) {
                    long size = 1L + random.nextInt(random.nextInt(10) == 0 ? 40 * PAGE : 3 * PAGE);
                    int wanted = (int) ((size + PAGE - 1) / PAGE) + 1;
                    int expected = model.allocate(wanted);
                    OptionalLong actual = space.allocate(size);
                    assertThat(actual)
                            .as("seed %d, round %d, step %d", seed, round, step)
                            .isEqualTo(expected < 0 ? OptionalLong.empty() : page(expected));
                    actual.ifPresent(address -> pieces.add(new Piece(address, size)));
                } else {
                    Piece piece = pieces.remove(random.nextInt(pieces.size()));
                    space.free(piece.address(), piece.size());
                    model.free((int) ((piece.address() - START) / PAGE), (int) ((piece.size() + PAGE - 1) / PAGE) + 1);
                }
                assertThat(space.allocated())
                        .as("seed %d, round %d, step %d", seed, round, step)
                        .isEqualTo((long) model.used.cardinality() * PAGE);
            }
        }
    }
}
