package org.jkmod.symtab;

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

    /** Sorts positions by their ranks: counts each rank, and puts positions where the counts say. */
    static NamePositions of(Int24Array ranks, int names) {
        int[] next = new int[names];
        for (int position = 0; position < ranks.length(); position++) {
            next[ranks.get(position)]++;
        }
        int place = 0;
        int[] blocks = new int[SortedNames.blocks(names) + 1];
        for (int rank = 0; rank < names; rank++) {
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
        return new NamePositions(ranks, sorted, blocks);
    }

    /** The first position of a name; -1 if it has none, as only a file can say that nobody wrote here. */
    int first(int rank) {
        return at(place(rank, 0), rank);
    }

    /** The next position of the same name, or -1. */
    int next(int position) {
        int rank = ranks.get(position);
        return at(place(rank, position) + 1, rank);
    }

    private int at(int place, int rank) {
        return place < sorted.length() && ranks.get(sorted.get(place)) == rank ? sorted.get(place) : -1;
    }

    /** The first place of a name whose position is not below some other, or else the one behind those of the name. */
    private int place(int rank, int position) {
        int block = rank >>> BLOCK_SHIFT;
        int below = blocks[block] - 1;
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
}
