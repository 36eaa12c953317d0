package org.jkmod.symtab;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;

/**
 * Sorts names as bytes without a sign, a shorter one before those that begin with it (strcmp(3), where no name has a NUL).
 *
 * <p>Three-way quicksort over eight bytes of each name at a time (Bentley and Sedgewick, "Fast algorithms for sorting and searching
 * strings", 1997): the names of a kernel share long beginnings, which are thus looked at once.
 */
final class NameSort {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int SMALL = 12;

    private final byte[] pool;
    private final NameTable names;
    private final int[] ids;
    /** By place: eight bytes of the name there, so that signed comparison is that of the bytes. */
    private final long[] keys;
    /** Names that are still to be sorted, by what is behind their first bytes. */
    private final Deque<Range> ranges = new ArrayDeque<>();
    /** Chooses pivots, so that no file can be made for which all are bad ones. */
    private final SplittableRandom random = new SplittableRandom();

    private record Range(int from, int to, int depth) {}

    private NameSort(NameTable names) {
        this.names = names;
        pool = names.pool();
        ids = new int[names.size()];
        Arrays.setAll(ids, id -> id);
        keys = new long[ids.length];
    }

    /** The ids of all names, in the order of the names. None of them may have a NUL. */
    static int[] sorted(NameTable names) {
        NameSort sort = new NameSort(names);
        // not recursion: two names may share megabytes
        sort.ranges.push(new Range(0, sort.ids.length, 0));
        while (!sort.ranges.isEmpty()) {
            Range range = sort.ranges.pop();
            sort.sort(range.from, range.to, range.depth);
        }
        return sort.ids;
    }

    /** Sorts a range of names that have the same bytes up to a depth. */
    private void sort(int from, int to, int depth) {
        for (int i = from; i < to; i++) {
            keys[i] = key(ids[i], depth);
        }
        sortByKeys(from, to);
        for (int start = from, end; start < to; start = end) {
            end = start + 1;
            while (end < to && keys[end] == keys[start]) {
                end++;
            }
            // a last byte of 0 is the end of the name, which only one has
            if (end - start > 1 && (byte) keys[start] != 0) {
                ranges.push(new Range(start, end, depth + Long.BYTES));
            }
        }
    }

    private long key(int id, int depth) {
        int at = names.start(id) + depth;
        int left = names.start(id + 1) - at;
        if (left <= 0) {
            return Long.MIN_VALUE;
        }
        long word = 0;
        if (at <= pool.length - Long.BYTES) {
            word = (long) WORD.get(pool, at);
        } else {
            for (int i = 0; i < left; i++) {
                word |= (pool[at + i] & 0xffL) << (Long.SIZE - Byte.SIZE * (i + 1));
            }
        }
        if (left < Long.BYTES) {
            word &= -1L << (Long.SIZE - Byte.SIZE * left);
        }
        return word ^ Long.MIN_VALUE;
    }

    private void sortByKeys(int from, int to) {
        int low = from;
        int high = to;
        while (high - low > SMALL) {
            long pivot = median(anyKey(low, high), anyKey(low, high), anyKey(low, high));
            int less = low;
            int greater = high;
            for (int i = low; i < greater; ) {
                if (keys[i] < pivot) {
                    swap(less++, i++);
                } else if (keys[i] > pivot) {
                    swap(i, --greater);
                } else {
                    i++;
                }
            }
            // the smaller side first: the stack stays logarithmic
            if (less - low < high - greater) {
                sortByKeys(low, less);
                low = greater;
            } else {
                sortByKeys(greater, high);
                high = less;
            }
        }
        for (int i = low + 1; i < high; i++) {
            for (int j = i; j > low && keys[j] < keys[j - 1]; j--) {
                swap(j, j - 1);
            }
        }
    }

    private long anyKey(int from, int to) {
        return keys[random.nextInt(from, to)];
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    private void swap(int i, int j) {
        long key = keys[i];
        keys[i] = keys[j];
        keys[j] = key;
        int id = ids[i];
        ids[i] = ids[j];
        ids[j] = id;
    }
}
