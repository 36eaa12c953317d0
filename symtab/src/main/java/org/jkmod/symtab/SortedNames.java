package org.jkmod.symtab;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Distinct names in the order of their bytes, in less than half of their size. A name's place in that order is its <em>rank</em>.
 *
 * <p>Kernel symbols come in families ({@code __pfx_tcp_v4_connect}), so that most of a name is the beginning of the one before. Names are
 * kept in blocks of 32: the first as it is, of each other one the number of bytes that it shares with the one before, and the rest. The
 * last byte of a rest has its highest bit set; a byte that has it by itself, which no compiler writes, stands without it behind a NUL. The
 * numbers are apart from the rests, so that eight bytes at a time say where names end.
 *
 * <p>Nothing here allocates but what makes a string. Immutable.
 */
final class SortedNames {
    /** A smaller block is faster, and 16 names would be near to half of their size. */
    static final int BLOCK_SHIFT = 5;

    static final int BLOCK = 1 << BLOCK_SHIFT;
    static final int MAX_SHARED = 0xff;
    static final int LAST = 0x80;
    static final int ESCAPE = 0;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ALL_LAST = 0x8080808080808080L;
    /** How much must be there behind the text, for the last word of it to be read. */
    private static final int PADDING = Long.BYTES;

    private final int size;
    /** By rank: how many bytes, if there are as many, are those of the name before; of the first of a block, 0. */
    private final byte[] shared;
    /** By block: where it begins in {@link #text}. */
    private final int[] blocks;

    private final byte[] text;
    /** How much of {@link #text} is used. */
    private final int textSize;
    /** By block: the first bytes of its first name. */
    private final long[] keys;

    SortedNames(byte[] shared, int[] blocks, byte[] text, int textSize) {
        size = shared.length;
        this.shared = shared;
        this.blocks = blocks;
        this.text = text;
        this.textSize = textSize;
        keys = new long[blocks.length];
        for (int block = 0; block < blocks.length; block++) {
            keys[block] = keyOf(block);
        }
    }

    /**
     * Packs names.
     *
     * @param sorted their ids, in the order of the names
     * @throws IllegalArgumentException if a name is empty or has a NUL
     */
    static SortedNames of(NameTable names, int[] sorted) {
        return new NamePacker(names, sorted).pack();
    }

    /**
     * Names as they were saved; empty if that is not what they are, so that a look-up would leave the text.
     *
     * @param text with {@link #padded} room behind what is used
     */
    static Optional<SortedNames> restored(byte[] shared, int[] blocks, byte[] text, int textSize) {
        for (int block = 0; block < blocks.length; block++) {
            int first = block << BLOCK_SHIFT;
            int end = block + 1 < blocks.length ? blocks[block + 1] : textSize;
            boolean within = blocks[block] >= 0 && blocks[block] < end && end <= textSize && shared[first] == 0;
            if (!within
                    || text[end - 1] >= 0
                    || rests(text, blocks[block], end) != Math.min(BLOCK, shared.length - first)) {
                return Optional.empty();
            }
        }
        boolean whole = blocks.length == 0 ? textSize == 0 : blocks[0] == 0;
        return whole ? Optional.of(new SortedNames(shared, blocks, text, textSize)) : Optional.empty();
    }

    /** How large an array must be for a text of some size. */
    static int padded(int textSize) {
        return textSize + PADDING;
    }

    /** How many blocks so many names have. */
    static int blocks(int size) {
        return (size + BLOCK - 1) >>> BLOCK_SHIFT;
    }

    /** How many rests end in a part of a text. */
    private static int rests(byte[] text, int from, int to) {
        int count = 0;
        int at = from;
        while (at < to - Long.BYTES) {
            count += Long.bitCount(word(text, at) & ALL_LAST);
            at += Long.BYTES;
        }
        return count + Long.bitCount(word(text, at) & ALL_LAST & (-1L >>> ((at + Long.BYTES - to) * Byte.SIZE)));
    }

    private static long word(byte[] text, int at) {
        return (long) WORDS.get(text, at);
    }

    /** Where the rest begins that is some rests further. */
    private int skip(int from, int rests) {
        int at = from;
        int left = rests;
        while (left > 0) {
            long last = word(text, at) & ALL_LAST;
            int count = Long.bitCount(last);
            if (count < left) {
                left -= count;
                at += Long.BYTES;
            } else {
                while (--left > 0) {
                    last &= last - 1;
                }
                return at + Long.numberOfTrailingZeros(last) / Byte.SIZE + 1;
            }
        }
        return at;
    }

    int size() {
        return size;
    }

    /** A length that a name does not exceed, in bytes. */
    int maxLength(int rank) {
        int rest = skip(blocks[rank >>> BLOCK_SHIFT], rank & (BLOCK - 1));
        return (shared[rank] & 0xff) + skip(rest, 1) - rest;
    }

    byte[] shared() {
        return shared;
    }

    int[] blocks() {
        return blocks;
    }

    byte[] text() {
        return text;
    }

    int textSize() {
        return textSize;
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
        long key = key(bytes, offset, length);
        int below = 0;
        int above = blocks.length;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            int first = middle << BLOCK_SHIFT;
            boolean after = keys[middle] == key
                    ? scan(first, first + 1, bytes, offset, length) <= first << 1
                    : keys[middle] > key;
            if (after) {
                above = middle;
            } else {
                below = middle;
            }
        }
        int first = below << BLOCK_SHIFT;
        return scan(first, Math.min(size, first + BLOCK), bytes, offset, length);
    }

    /** The first bytes of a name, so that signed comparison is that of the bytes; NUL, which no name has, for those that it lacks. */
    private static long key(byte[] bytes, int offset, int length) {
        long key = 0;
        for (int i = 0; i < Math.min(Long.BYTES, length); i++) {
            key |= (bytes[offset + i] & 0xffL) << (Long.SIZE - Byte.SIZE * (i + 1));
        }
        return key ^ Long.MIN_VALUE;
    }

    private long keyOf(int block) {
        byte[] start = new byte[Long.BYTES];
        int at = blocks[block];
        int length = 0;
        for (boolean last = false; !last && length < start.length; length++) {
            int high = text[at] == ESCAPE ? LAST : 0;
            at += text[at] == ESCAPE ? 1 : 0;
            last = text[at] < 0;
            start[length] = (byte) ((text[at++] & ~LAST) | high);
        }
        return key(start, 0, length);
    }

    /**
     * Searches the first names of a block, up to an end. No name is put together: it is enough to know how many bytes the last one, which
     * was before those wanted, has in common with them.
     */
    private int scan(int first, int end, byte[] bytes, int offset, int length) {
        int common = 0;
        int at = first < end ? blocks[first >>> BLOCK_SHIFT] : 0;
        int passed = 0;
        for (int rank = first; rank < end; rank++) {
            int sharedHere = shared[rank] & 0xff;
            if (sharedHere > common) {
                // before those wanted, as the one before is
                passed++;
                continue;
            }
            if (sharedHere < common && sharedHere < MAX_SHARED) {
                return rank << 1;
            }
            at = skip(at, passed);
            passed = 1;
            common = sharedHere;
            int i = at;
            boolean before = false;
            for (boolean last = false; !last && !before; ) {
                int high = text[i] == ESCAPE ? LAST : 0;
                i += text[i] == ESCAPE ? 1 : 0;
                last = text[i] < 0;
                int character = (text[i++] & ~LAST & 0xff) | high;
                int difference = common == length ? 1 : character - (bytes[offset + common] & 0xff);
                if (difference > 0) {
                    return rank << 1;
                }
                before = difference < 0;
                common += before ? 0 : 1;
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
        int name = rank & -BLOCK;
        int owners = owners(name, rank);
        int at = blocks[rank >>> BLOCK_SHIFT];
        int length = 0;
        while (true) {
            int passed = Integer.numberOfTrailingZeros(owners);
            at = skip(at, passed);
            name += passed;
            // bit 0 is this name's from here on
            owners = (owners >>> passed) & ~1;
            int from = Math.min(length, shared[name] & 0xff);
            if (owners == 0) {
                return copy(at, dest, offset, from, Integer.MAX_VALUE);
            }
            int next = name + Integer.numberOfTrailingZeros(owners);
            length = copy(at, dest, offset, from, shared[next] & 0xff);
        }
    }

    /** The names that a name is put together of, from the first of its block on, a bit each: the last that has each of its bytes. */
    private int owners(int first, int rank) {
        int owners = 1 << (rank - first);
        int missing = shared[rank] & 0xff;
        for (int name = rank - 1; missing > 0; name--) {
            int sharedHere = shared[name] & 0xff;
            if (sharedHere < missing) {
                owners |= 1 << (name - first);
                missing = sharedHere;
            }
        }
        return owners;
    }

    /** Copies a rest, which is that of a name from some byte on, up to another; returns where in the name it ended. */
    private int copy(int rest, byte[] dest, int offset, int from, int to) {
        int at = rest;
        int length = from;
        for (boolean last = false; !last && length < to; length++) {
            int high = text[at] == ESCAPE ? LAST : 0;
            at += text[at] == ESCAPE ? 1 : 0;
            last = text[at] < 0;
            dest[offset + length] = (byte) ((text[at++] & ~LAST) | high);
        }
        return length;
    }

    /** Names from some rank on, one after the other. */
    Cursor from(int rank) {
        return new Cursor(rank);
    }

    /** A name, as a new string with a character a byte. */
    String name(int rank) {
        byte[] name = new byte[maxLength(rank)];
        return new String(name, 0, copyName(rank, name, 0), StandardCharsets.ISO_8859_1);
    }

    /** Goes from a name to the next: a tenth of what it costs to read each by itself. */
    final class Cursor {
        private int rank;
        private int at;
        private int length;
        private byte[] name = new byte[Long.BYTES];

        private Cursor(int rank) {
            this.rank = rank - 1;
            if (rank < size && (rank & (BLOCK - 1)) != 0) {
                name = new byte[maxLength(rank - 1)];
                length = copyName(rank - 1, name, 0);
            }
            at = rank < size ? skip(blocks[rank >>> BLOCK_SHIFT], rank & (BLOCK - 1)) : textSize;
        }

        boolean next() {
            if (rank + 1 >= size) {
                return false;
            }
            rank++;
            int end = skip(at, 1);
            int from = Math.min(length, shared[rank] & 0xff);
            if (name.length < from + end - at) {
                name = Arrays.copyOf(name, 2 * (from + end - at));
            }
            length = copy(at, name, 0, from, Integer.MAX_VALUE);
            at = end;
            return true;
        }

        int rank() {
            return rank;
        }

        /** Where the name is, from the first byte on. */
        byte[] name() {
            return name;
        }

        int length() {
            return length;
        }
    }
}
