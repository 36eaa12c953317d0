package org.jkmod.symtab;

import org.jspecify.annotations.Nullable;

/**
 * How many edits lead from one name to others: insert, remove or replace a byte, or swap two neighbours, no byte being
 * edited twice ("optimal string alignment", the restricted Damerau-Levenshtein distance).
 *
 * <p>Of names up to 64 bytes, a column of the table is in a few words, bit by bit, and takes a dozen instructions (H. Hyyrö, "A
 * bit-vector algorithm for computing Levenshtein and Damerau edit distances", 2003). Of longer ones only the diagonal band of the
 * table is computed that a bounded distance can touch, so that the cost is the name's length times the bound. Not for concurrent
 * use: the rows of the table are kept from one name to the next.
 */
final class EditDistance {
    private final byte[] from;
    private int[] beforePrevious;
    private int[] previous;
    private int[] current;
    /** For each byte where it is in a name that fits: bit j for byte j. */
    private final long @Nullable [] places;

    EditDistance(byte[] from) {
        this.from = from;
        beforePrevious = new int[from.length + 1];
        previous = new int[from.length + 1];
        current = new int[from.length + 1];
        places = from.length > 0 && from.length <= Long.SIZE ? new long[256] : null;
        if (places != null) {
            for (int j = 0; j < from.length; j++) {
                places[from[j] & 0xff] |= 1L << j;
            }
        }
    }

    /**
     * The number of edits to another name if it is at most {@code bound}, else some number above {@code bound}.
     *
     * @param bytes where the other name is
     * @param offset index of its first byte
     * @param length its length in bytes
     * @param bound at least 0
     */
    int to(byte[] bytes, int offset, int length, int bound) {
        int above = bound + 1;
        if (Math.abs(length - from.length) > bound) {
            return above;
        }
        long[] bits = places;
        if (bits != null) {
            return byBits(bits, bytes, offset, length, bound);
        }
        for (int j = 0; j <= Math.min(from.length, bound); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= length; i++) {
            int low = Math.max(1, i - bound);
            int high = Math.min(from.length, i + bound);
            byte b = bytes[offset + i - 1];
            // The cells beside the band are read, too: the one left of it in this row (unless that is column 0, i is
            // above the bound), and the one right of it in the previous row.
            current[low - 1] = i;
            if (high == i + bound) {
                previous[high] = above;
            }
            int least = i;
            for (int j = low; j <= high; j++) {
                int edits = previous[j - 1] + (from[j - 1] == b ? 0 : 1);
                edits = Math.min(edits, Math.min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && from[j - 1] == bytes[offset + i - 2] && from[j - 2] == b) {
                    edits = Math.min(edits, beforePrevious[j - 2] + 1);
                }
                current[j] = edits;
                least = Math.min(least, edits);
            }
            if (least > bound) {
                return above;
            }
            int[] free = beforePrevious;
            beforePrevious = previous;
            previous = current;
            current = free;
        }
        return previous[from.length];
    }

    /** The same; the names are those of the paper: vertical and horizontal differences that are positive or negative. */
    private int byBits(long[] bits, byte[] bytes, int offset, int length, int bound) {
        long last = 1L << (from.length - 1);
        long vp = -1;
        long vn = 0;
        long d0 = 0;
        long matchesBefore = 0;
        int edits = from.length;
        for (int i = 0; i < length; i++) {
            long matches = bits[bytes[offset + i] & 0xff];
            long swapped = ((~d0 & matches) << 1) & matchesBefore;
            d0 = (((matches & vp) + vp) ^ vp) | matches | vn | swapped;
            long hp = vn | ~(d0 | vp);
            long hn = d0 & vp;
            if ((hp & last) != 0) {
                edits++;
            } else if ((hn & last) != 0) {
                edits--;
            }
            // Every byte that is left takes back one edit at most.
            if (edits - (length - 1 - i) > bound) {
                return bound + 1;
            }
            hp = (hp << 1) | 1;
            vp = (hn << 1) | ~(d0 | hp);
            vn = hp & d0;
            matchesBefore = matches;
        }
        return edits;
    }
}
