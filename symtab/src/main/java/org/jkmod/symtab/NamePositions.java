package org.jkmod.symtab;

import java.util.Optional;

/**
 * Leads from the rank of a name to the positions that have it: all positions in the order of their names, those of one name in their own
 * order. A <em>place</em> is an index into that order. Immutable.
 */
final class NamePositions {
    private static final int BLOCK_SHIFT = 5;

    /** By position: the rank of its name. */
    private final Int24Array ranks;
    /** By place: the position. */
    private final Int24Array sorted;
    /** By 32 ranks, and one more for the end: the first place. */
    private final int[] blocks;

    private NamePositions(Int24Array ranks, Int24Array sorted, int[] blocks) {
        this.ranks = ranks;
        this.sorted = sorted;
        this.blocks = blocks;
    }

    /**
     * Sorts positions by their ranks: counts each rank, and puts positions where the counts say.
     *
     * @return empty if a rank is none, or that of no position
     */
    static Optional<NamePositions> of(Int24Array ranks, int names) {
        int[] next = new int[names + 1];
        for (int position = 0; position < ranks.length(); position++) {
            int rank = ranks.get(position);
            if (rank >= names) {
                return Optional.empty();
            }
            next[rank]++;
        }
        int place = 0;
        int[] blocks = new int[SortedNames.blocks(names) + 1];
        for (int rank = 0; rank < names; rank++) {
            if (next[rank] == 0) {
                return Optional.empty();
            }
            if ((rank & ((1 << BLOCK_SHIFT) - 1)) == 0) {
                blocks[rank >>> BLOCK_SHIFT] = place;
            }
            int count = next[rank];
            next[rank] = place;
            place += count;
        }
        blocks[blocks.length - 1] = place;
        Int24Array sorted = new Int24Array(ranks.length());
        for (int position = 0; position < ranks.length(); position++) {
            sorted.set(next[ranks.get(position)]++, position);
        }
        return Optional.of(new NamePositions(ranks, sorted, blocks));
    }

    /** The rank of a position's name. */
    int rank(int position) {
        return ranks.get(position);
    }

    /** The first position of a name. */
    int first(int rank) {
        return sorted.get(place(rank, 0));
    }

    /** The next position of the same name, or -1. */
    int next(int position) {
        int place = place(ranks.get(position), position) + 1;
        return place < sorted.length() && ranks.get(sorted.get(place)) == ranks.get(position) ? sorted.get(place) : -1;
    }

    /** The first place of a name whose position is not below some other; there is one. */
    private int place(int rank, int position) {
        int block = rank >>> BLOCK_SHIFT;
        // each name before it in the block has a place at least
        int below = blocks[block] + (rank & ((1 << BLOCK_SHIFT) - 1)) - 1;
        int above = blocks[block + 1];
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            int found = ranks.get(sorted.get(middle));
            if (found < rank || (found == rank && sorted.get(middle) < position)) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return above;
    }

    Int24Array ranks() {
        return ranks;
    }
}
