package org.jkmod.symtab;

import java.util.Arrays;

/** Packs names as {@link SortedNames} has them. */
final class NamePacker {
    private final NameTable names;
    private final int[] sorted;
    private final byte[] shared;
    private final int[] blocks;
    private byte[] text;
    private int at;

    NamePacker(NameTable names, int[] sorted) {
        this.names = names;
        this.sorted = sorted;
        shared = new byte[sorted.length];
        blocks = new int[SortedNames.blocks(sorted.length)];
        text = new byte[names.pool().length / 2 + SortedNames.BLOCK];
    }

    SortedNames pack() {
        byte[] pool = names.pool();
        for (int rank = 0; rank < sorted.length; rank++) {
            int start = names.start(sorted[rank]);
            int length = names.length(sorted[rank]);
            ensure(2 * length + 1);
            int common = 0;
            if ((rank & (SortedNames.BLOCK - 1)) == 0) {
                blocks[rank >>> SortedNames.BLOCK_SHIFT] = at;
            } else {
                int before = names.start(sorted[rank - 1]);
                common = Arrays.mismatch(
                        pool, before, before + names.length(sorted[rank - 1]), pool, start, start + length);
                common = Math.min(common, SortedNames.MAX_SHARED);
                shared[rank] = (byte) common;
            }
            put(pool, start + common, start + length);
        }
        return new SortedNames(shared, blocks, Arrays.copyOf(text, SortedNames.padded(at)), at);
    }

    private void put(byte[] pool, int from, int to) {
        if (from == to) {
            throw new IllegalArgumentException("an empty name");
        }
        for (int i = from; i < to; i++) {
            if (pool[i] == 0) {
                throw new IllegalArgumentException("a name with a NUL");
            }
            if (pool[i] < 0) {
                text[at++] = SortedNames.ESCAPE;
            }
            text[at++] = (byte) ((pool[i] & ~SortedNames.LAST) | (i == to - 1 ? SortedNames.LAST : 0));
        }
    }

    private void ensure(int more) {
        if (more > text.length - at) {
            text = Arrays.copyOf(text, NameTable.grownLength(text.length, (long) at + more));
        }
    }
}
