package org.jkmod.kmod;

import java.util.Arrays;

/** Names as bytes, each once, numbered in the order in which they came. Not safe for threads. */
final class NamePool {
    private final ByteText text;
    /** Where a name begins; the next one begins where it ends. */
    private int[] starts;

    private int[] hashes;
    /** Numbers and one, by hash; 0 is free. A power of two, at most half full. */
    private int[] table;

    private int count;

    NamePool(int expected) {
        int size = Integer.highestOneBit(Math.max(16, expected)) * 2;
        text = new ByteText(size * 8);
        starts = new int[size + 1];
        hashes = new int[size];
        table = new int[size * 2];
    }

    int size() {
        return count;
    }

    byte[] text() {
        return text.bytes;
    }

    int start(int id) {
        return starts[id];
    }

    int length(int id) {
        return starts[id + 1] - starts[id];
    }

    String name(int id) {
        return new String(text.bytes, starts[id], length(id), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static int hash(byte[] bytes, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash * 0x9e3779b9;
    }

    /** The number of a name, which gets one if it has none. */
    int intern(byte[] bytes, int from, int to) {
        int hash = hash(bytes, from, to);
        int at = slot(hash, bytes, from, to);
        if (table[at] != 0) {
            return table[at] - 1;
        }
        text.add(bytes, from, to - from);
        int id = count++;
        hashes[id] = hash;
        starts[count] = text.size;
        table[at] = count;
        if (count == hashes.length) {
            grow();
        }
        return id;
    }

    /** The number of a name, or -1. */
    int find(byte[] bytes, int from, int to) {
        return table[slot(hash(bytes, from, to), bytes, from, to)] - 1;
    }

    /** The place of a name in the table, or the free one where it would be. */
    private int slot(int hash, byte[] bytes, int from, int to) {
        int mask = table.length - 1;
        int at = hash >>> 7 & mask;
        while (table[at] != 0) {
            int id = table[at] - 1;
            if (hashes[id] == hash && Arrays.equals(text.bytes, starts[id], starts[id + 1], bytes, from, to)) {
                return at;
            }
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        hashes = Arrays.copyOf(hashes, hashes.length * 2);
        starts = Arrays.copyOf(starts, hashes.length + 1);
        table = new int[table.length * 2];
        int mask = table.length - 1;
        for (int id = 0; id < count; id++) {
            int at = hashes[id] >>> 7 & mask;
            while (table[at] != 0) {
                at = at + 1 & mask;
            }
            table[at] = id + 1;
        }
    }
}
