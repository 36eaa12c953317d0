package org.jkmod.kmod;

import java.util.Arrays;

/**
 * The order in which kmod's hash tables give their entries: by bucket, and within one as strcmp(3) orders them. The hash is Paul
 * Hsieh's SuperFastHash, with little-endian loads on every machine, the length as its seed, and a signed last byte.
 */
final class HashOrder {
    private HashOrder() {}

    static int hash(byte[] bytes, int from, int length) {
        int hash = length;
        int at = from;
        for (int n = length >>> 2; n > 0; n--) {
            hash += half(bytes, at);
            hash = (hash << 16) ^ (half(bytes, at + 2) << 11) ^ hash;
            hash += hash >>> 11;
            at += 4;
        }
        switch (length & 3) {
            case 3 -> {
                hash += half(bytes, at);
                hash ^= hash << 16;
                hash ^= bytes[at + 2] << 18;
                hash += hash >>> 11;
            }
            case 2 -> {
                hash += half(bytes, at);
                hash ^= hash << 11;
                hash += hash >>> 17;
            }
            case 1 -> {
                hash += bytes[at];
                hash ^= hash << 10;
                hash += hash >>> 1;
            }
            default -> {}
        }
        hash ^= hash << 3;
        hash += hash >>> 5;
        hash ^= hash << 4;
        hash += hash >>> 17;
        hash ^= hash << 25;
        hash += hash >>> 6;
        return hash;
    }

    private static int half(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
    }

    /** The numbers of the names of a pool, in the order of a table of so many buckets, a power of two. */
    static int[] of(NamePool names, int buckets) {
        int count = names.size();
        int[] bucket = new int[count];
        int[] ends = new int[buckets + 1];
        byte[] text = names.text();
        for (int i = 0; i < count; i++) {
            bucket[i] = hash(text, names.start(i), names.length(i)) & buckets - 1;
            ends[bucket[i] + 1]++;
        }
        for (int i = 1; i <= buckets; i++) {
            ends[i] += ends[i - 1];
        }
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int at = ends[bucket[i]]++;
            order[at] = i;
        }
        // Each end has moved to where the next bucket begins.
        for (int b = 0, from = 0; b < buckets; b++) {
            sort(names, order, from, ends[b]);
            from = ends[b];
        }
        return order;
    }

    /** A bucket has some ten names; those of a hostile tree may all be in one. */
    private static void sort(NamePool names, int[] order, int from, int to) {
        if (to - from > 64) {
            Integer[] boxed = new Integer[to - from];
            for (int i = from; i < to; i++) {
                boxed[i - from] = order[i];
            }
            Arrays.sort(boxed, (a, b) -> compare(names, a, b));
            for (int i = from; i < to; i++) {
                order[i] = boxed[i - from];
            }
            return;
        }
        for (int i = from + 1; i < to; i++) {
            int id = order[i];
            int at = i;
            while (at > from && compare(names, order[at - 1], id) > 0) {
                order[at] = order[--at];
            }
            order[at] = id;
        }
    }

    private static int compare(NamePool names, int a, int b) {
        byte[] text = names.text();
        return Arrays.compareUnsigned(
                text,
                names.start(a),
                names.start(a) + names.length(a),
                text,
                names.start(b),
                names.start(b) + names.length(b));
    }
}
