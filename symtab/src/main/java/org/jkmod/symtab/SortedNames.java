package org.jkmod.symtab;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Distinct names in the order of their bytes, in less than half of their size. A name's place in that order is its <em>rank</em>.
 *
 * <p>Kernel symbols come in families ({@code __pfx_tcp_v4_connect}), so that most of a name is the beginning of the one before. Names are
 * kept in blocks of 32: the first as it is, of each other one the number of bytes that it shares with the one before, and the rest. The
 * last byte of a name has its highest bit set; a byte that has it by itself, which no compiler writes, stands without it behind a NUL.
 *
 * <p>Nothing here allocates but what makes a string. Immutable.
 */
final class SortedNames {
    /** To read a name costs half a block of others: 32 is a quarter of a microsecond, and one part in fifty of the size. */
    private static final int BLOCK_SHIFT = 5;

    private static final int BLOCK = 1 << BLOCK_SHIFT;
    private static final int MAX_SHARED = 0xff;
    private static final int LAST = 0x80;
    private static final int ESCAPE = 0;

    private final int size;
    private final int longest;
    /** By block: where it begins in {@link #text}. */
    private final int[] blocks;

    private final byte[] text;

    SortedNames(int size, int longest, int[] blocks, byte[] text) {
        this.size = size;
        this.longest = longest;
        this.blocks = blocks;
        this.text = text;
    }

    /**
     * Packs names.
     *
     * @param sorted their ids, in the order of the names
     * @throws IllegalArgumentException if a name is empty or has a NUL
     */
    static SortedNames of(NameTable names, int[] sorted) {
        return new Packer(names, sorted).pack();
    }

    /** How many blocks so many names have. */
    static int blocks(int size) {
        return (size + BLOCK - 1) >>> BLOCK_SHIFT;
    }

    /** Whether what was read is names, so that no look-up leaves the text. */
    boolean isSound() {
        int at = 0;
        int length = 0;
        int max = 0;
        for (int rank = 0; rank < size; rank++) {
            boolean first = (rank & (BLOCK - 1)) == 0;
            if (first ? blocks[rank >>> BLOCK_SHIFT] != at : at == text.length || (text[at++] & 0xff) > length) {
                return false;
            }
            length = first ? 0 : text[at - 1] & 0xff;
            boolean last = false;
            while (!last) {
                at += at < text.length && text[at] == ESCAPE ? 1 : 0;
                if (at >= text.length) {
                    return false;
                }
                last = text[at++] < 0;
                length++;
            }
            max = Math.max(max, length);
        }
        return at == text.length && max == longest;
    }

    int size() {
        return size;
    }

    /** The length of the longest name, in bytes. */
    int longest() {
        return longest;
    }

    int[] blocks() {
        return blocks;
    }

    byte[] text() {
        return text;
    }

    /** The rank of a name, or -1. */
    int find(byte[] bytes, int offset, int length) {
        int found = search(bytes, offset, length);
        return (found & 1) != 0 ? found >>> 1 : -1;
    }

    /** The rank of the first name that is not before some bytes; {@link #size()} if all are. */
    int ceiling(byte[] bytes, int offset, int length) {
        return search(bytes, offset, length) >>> 1;
    }

    /** The ceiling's rank, doubled; one more if it is the very name. */
    private int search(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int below = 0;
        int above = blocks.length;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            int first = middle << BLOCK_SHIFT;
            if (scan(first, first + 1, bytes, offset, length) <= first << 1) {
                above = middle;
            } else {
                below = middle;
            }
        }
        int first = below << BLOCK_SHIFT;
        return scan(first, Math.min(size, first + BLOCK), bytes, offset, length);
    }

    /**
     * Searches the first names of a block, up to an end. No name is put together: it is enough to know how many bytes the last one, which
     * was before those wanted, has in common with them.
     */
    private int scan(int first, int end, byte[] bytes, int offset, int length) {
        int common = 0;
        int at = first < end ? blocks[first >>> BLOCK_SHIFT] : 0;
        for (int rank = first; rank < end; rank++) {
            int shared = rank == first ? 0 : text[at++] & 0xff;
            if (shared < common && shared < MAX_SHARED) {
                return rank << 1;
            }
            boolean before = shared > common;
            common = Math.min(common, shared);
            for (boolean last = false; !last; ) {
                int b = text[at++];
                int high = 0;
                if (b == ESCAPE) {
                    b = text[at++];
                    high = LAST;
                }
                last = b < 0;
                if (!before) {
                    int character = (b & ~LAST & 0xff) | high;
                    int difference = common == length ? 1 : character - (bytes[offset + common] & 0xff);
                    if (difference > 0) {
                        return rank << 1;
                    }
                    before = difference < 0;
                    common += before ? 0 : 1;
                }
            }
            if (!before && common == length) {
                return (rank << 1) + 1;
            }
        }
        return end << 1;
    }

    /**
     * Copies a name.
     *
     * @return its length in bytes
     * @throws IndexOutOfBoundsException if the rank is not below {@link #size()}, or the name does not fit
     */
    int copyName(int rank, byte[] dest, int offset) {
        Objects.checkIndex(rank, size);
        int capacity = dest.length - offset;
        int at = blocks[rank >>> BLOCK_SHIFT];
        int length = 0;
        for (int i = rank & -BLOCK; i <= rank; i++) {
            length = i == (rank & -BLOCK) ? 0 : text[at++] & 0xff;
            for (boolean last = false; !last; length++) {
                int b = text[at++];
                int high = 0;
                if (b == ESCAPE) {
                    b = text[at++];
                    high = LAST;
                }
                last = b < 0;
                // a name on the way may be longer than the wanted one
                if (length < capacity) {
                    dest[offset + length] = (byte) ((b & ~LAST) | high);
                }
            }
        }
        Objects.checkFromIndexSize(offset, length, dest.length);
        return length;
    }

    /** A name, as a new string with a character a byte. */
    String name(int rank) {
        byte[] name = new byte[longest];
        return new String(name, 0, copyName(rank, name, 0), StandardCharsets.ISO_8859_1);
    }

    /** Packs names. */
    private static final class Packer {
        private final NameTable names;
        private final int[] sorted;
        private final int[] blocks;
        private byte[] text;
        private int at;
        private int longest;

        Packer(NameTable names, int[] sorted) {
            this.names = names;
            this.sorted = sorted;
            blocks = new int[blocks(sorted.length)];
            text = new byte[names.pool().length / 2 + BLOCK];
        }

        SortedNames pack() {
            byte[] pool = names.pool();
            for (int rank = 0; rank < sorted.length; rank++) {
                int start = names.start(sorted[rank]);
                int length = names.length(sorted[rank]);
                longest = Math.max(longest, length);
                ensure(2 * length + 1);
                int shared = 0;
                if ((rank & (BLOCK - 1)) == 0) {
                    blocks[rank >>> BLOCK_SHIFT] = at;
                } else {
                    int before = names.start(sorted[rank - 1]);
                    shared = Arrays.mismatch(
                            pool, before, before + names.length(sorted[rank - 1]), pool, start, start + length);
                    shared = Math.min(shared, MAX_SHARED);
                    text[at++] = (byte) shared;
                }
                put(pool, start + shared, start + length);
            }
            return new SortedNames(sorted.length, longest, blocks, Arrays.copyOf(text, at));
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
                    text[at++] = ESCAPE;
                }
                text[at++] = (byte) ((pool[i] & ~LAST) | (i == to - 1 ? LAST : 0));
            }
        }

        private void ensure(int more) {
            if (more > text.length - at) {
                text = Arrays.copyOf(text, NameTable.grownLength(text.length, (long) at + more));
            }
        }
    }
}
