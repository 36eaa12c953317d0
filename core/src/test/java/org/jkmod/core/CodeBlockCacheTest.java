package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodeBlockCacheTest {
    private static final long START = 0xffff_ffff_c000_1000L;
    private static final long BLOCK = 2L << 20;
    private static final long FIRST = 0xffff_ffff_c020_0000L;
    private static final int PAGE = 4096;

    private final VmallocRegion region = new VmallocRegion(new AddressRange(START, 64L << 20), PAGE);
    private final CodeBlockCache cache = cache(region);

    private static CodeBlockCache cache(VmallocRegion region) {
        return new CodeBlockCache(BLOCK, PAGE, new CodeBlockCache.Source() {
            @Override
            public OptionalLong allocate(long size, long alignment) {
                return region.allocate(size, alignment, region.hull());
            }

            @Override
            public void free(long address, long size) {
                region.free(address, size);
            }
        });
    }

    /** As recorded in 7.2.13+deb14-amd64: industrialio at ...c0400000, then 0xd pages and the next at ...c040d000. */
    @Test
    void allocate_ofPieces_putsOneRightBehindTheOtherInAnAlignedBlock() {
        assertThat(cache.allocate(0xd000)).hasValue(FIRST);
        assertThat(cache.allocate(PAGE)).hasValue(FIRST + 0xd000);
        assertThat(cache.allocate(BLOCK)).as("a block of its own").hasValue(FIRST + 2 * BLOCK);
        assertThat(cache.allocate(PAGE)).hasValue(FIRST + 0xe000);
        assertThat(cache.unused()).containsExactly(java.util.Map.entry(FIRST + 0xf000, BLOCK - 0xf000));
        assertThat(region.allocated()).isEqualTo(2 * (BLOCK + PAGE));
    }

    @Test
    void block_ofWhichNothingIsUsed_isGivenBack() {
        cache.allocate(PAGE);
        cache.allocate(3 * PAGE);
        cache.free(FIRST, PAGE);
        assertThat(region.allocated()).isEqualTo(BLOCK + PAGE);
        assertThat(cache.allocate(2 * PAGE)).as("the hole is too small").hasValue(FIRST + 4 * PAGE);
        assertThat(cache.allocate(PAGE)).hasValue(FIRST);
        cache.free(FIRST + PAGE, 3 * PAGE);
        cache.free(FIRST + 4 * PAGE, 2 * PAGE);
        cache.free(FIRST, PAGE);
        assertThat(region.allocated()).isZero();
        assertThat(cache.unused()).isEmpty();
    }

    @Test
    void region_withoutRoomForABlock_givesJustEnough() {
        VmallocRegion small = new VmallocRegion(new AddressRange(START, 5 * PAGE), PAGE);
        CodeBlockCache tight = cache(small);
        assertThat(tight.allocate(5 * PAGE)).isEmpty();
        assertThat(tight.allocate(4 * PAGE)).hasValue(START);
        assertThat(tight.allocate(PAGE)).isEmpty();
        tight.free(START, 4 * PAGE);
        assertThat(small.allocated()).isZero();
    }

    @Test
    void free_ofWhatNobodyHas_isABug() {
        assertThatThrownBy(() -> cache.free(START, PAGE)).isInstanceOf(IllegalStateException.class);
    }

    private record Piece(long address, long size) {}

    @Test
    void randomLife_ofManyPieces_neverOverlapsAndEndsEmpty() {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        Random random = new Random(seed);
        List<Piece> pieces = new ArrayList<>();
        for (int step = 0; step < 2000; step++) {
            String when = "seed " + seed + ", step " + step;
            if (pieces.isEmpty() || random.nextInt(100) < 52) {
                long size = (1L + random.nextInt(random.nextInt(20) == 0 ? 600 : 40)) * PAGE;
                cache.allocate(size).ifPresent(address -> {
                    assertThat(pieces)
                            .as(when)
                            .noneMatch(p -> address < p.address() + p.size() && p.address() < address + size);
                    pieces.add(new Piece(address, size));
                });
            } else {
                Piece piece = pieces.remove(random.nextInt(pieces.size()));
                cache.free(piece.address(), piece.size());
            }
            assertThat(cache.bytes() - cache.unusedBytes())
                    .as(when)
                    .isEqualTo(pieces.stream().mapToLong(Piece::size).sum());
            assertThat(region.allocated()).as(when).isEqualTo(cache.bytes() + (long) cache.count() * PAGE);
        }
        pieces.forEach(p -> cache.free(p.address(), p.size()));
        assertThat(region.allocated()).as("seed %d", seed).isZero();
    }
}
