package org.jkmod.symtab;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Gives every distinct name a number: 0 for the first name put in, 1 for the second, and so on without gaps. A name is
 * any sequence of bytes, the empty one too; as a string it has a character a byte (ISO 8859-1).
 *
 * <p>Names lie one after the other in a single array, and are found through an open-addressing hash table whose slots
 * carry bits of the hash beside the id: a look-up compares bytes once, but for one in thousands, and allocates nothing.
 * The hash has a seed of its own in every process, so that no file can be made to put all of its names in one chain;
 * ids do not depend on it.
 *
 * <p>All names together may have 2<sup>31</sup>-9 bytes. One thread at a time may add names. Once the table has been
 * published safely, and while nobody adds, any number of threads may read.
 */
public final class NameTable {
    /** The longest array that every JVM can make: the limit on the bytes of all names together. */
    static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

    private static final int MAX_SLOTS = 1 << 30;
    private static final int FIRST_SLOTS = 16;
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    // 2^64 divided by the golden ratio: odd, and its bits have no pattern.
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final long SEED = new SplittableRandom().nextLong();

    private byte[] pool;
    /** Name i is {@code pool[starts[i]] .. pool[starts[i + 1] - 1]}. */
    private int[] starts;
    /** 0: free. Else id + 1 in the bits of {@code slots.length - 1}, and bits of the name's hash in those above. */
    private int[] slots;

    private int size;

    /** An empty table. */
    public NameTable() {
        pool = new byte[FIRST_SLOTS * 8];
        starts = new int[FIRST_SLOTS];
        slots = new int[FIRST_SLOTS];
    }

    /** A table with the names and ids of another as it is now, and no room to spare. */
    NameTable(NameTable other) {
        size = other.size;
        pool = Arrays.copyOf(other.pool, other.starts[size]);
        starts = Arrays.copyOf(other.starts, size + 1);
        // three quarters full at most: names that are only looked up need no room to grow
        int enough = FIRST_SLOTS;
        while (size > enough / 4 * 3) {
            enough *= 2;
        }
        slots = enough < other.slots.length ? slots(enough) : other.slots.clone();
    }

    /** How many distinct names the table has; ids are below it. */
    public int size() {
        return size;
    }

    /**
     * The id of a name, which is put in if it is new. The bytes are copied.
     *
     * @param bytes where the name is
     * @param offset index of its first byte
     * @param length its length in bytes, possibly 0
     * @return its id: {@link #size()} before the call if the name is new
     * @throws IndexOutOfBoundsException if the range is not within the array
     * @throws IllegalStateException if all names together would have more than 2<sup>31</sup>-9 bytes, or there would
     *     be more than 2<sup>29</sup> names
     */
    public int intern(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        long hash = hash(bytes, offset, length);
        int found = probe(bytes, offset, length, hash);
        if (found >= 0) {
            return found;
        }
        int id = size;
        append(bytes, offset, length);
        slots[~found] = slot(hash, id, slots.length);
        if (size > slots.length / 2) {
            slots = slots(slots.length * 2);
        }
        return id;
    }

    /**
     * The id of a name, which is put in if it is new.
     *
     * @param name a character a byte
     * @return its id: {@link #size()} before the call if the name is new
     * @throws IllegalArgumentException if a character is above U+00FF
     * @throws IllegalStateException as {@link #intern(byte[], int, int)}
     */
    public int intern(String name) {
        if (!isLatin1(name)) {
            throw new IllegalArgumentException("a name has a character a byte, up to U+00FF: " + name);
        }
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return intern(bytes, 0, bytes.length);
    }

    /**
     * The id of a name, or -1 if the table does not have it. Allocates nothing.
     *
     * @param bytes where the name is
     * @param offset index of its first byte
     * @param length its length in bytes
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public int find(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        return Math.max(-1, probe(bytes, offset, length, hash(bytes, offset, length)));
    }

    /**
     * The id of a name, or -1 if the table does not have it.
     *
     * @param name a character a byte; one with a character above U+00FF is in no table
     */
    public int find(String name) {
        if (!isLatin1(name)) {
            return -1;
        }
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return find(bytes, 0, bytes.length);
    }

    /**
     * A name, as a new string with a character a byte.
     *
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}
     */
    public String name(int id) {
        Objects.checkIndex(id, size);
        return new String(pool, starts[id], starts[id + 1] - starts[id], StandardCharsets.ISO_8859_1);
    }

    /**
     * The length of a name in bytes.
     *
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}
     */
    public int length(int id) {
        Objects.checkIndex(id, size);
        return starts[id + 1] - starts[id];
    }

    /**
     * Copies the bytes of a name, without a NUL after them.
     *
     * @param id whose name
     * @param dest where to
     * @param at index in {@code dest} of the first byte
     * @return the length of the name in bytes
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}, or the name does not fit
     */
    public int copyName(int id, byte[] dest, int at) {
        int length = length(id);
        System.arraycopy(pool, starts[id], dest, at, length);
        return length;
    }

    /**
     * The length of the NUL-terminated string at an offset, its NUL not counted, or -1 if there is no NUL before the
     * limit.
     *
     * @param bytes where the string is
     * @param offset index of its first byte
     * @param limit index after the last byte that may be looked at
     * @throws IndexOutOfBoundsException if {@code offset} to {@code limit} is not a range within the array
     */
    public static int nulTerminatedLength(byte[] bytes, int offset, int limit) {
        Objects.checkFromToIndex(offset, limit, bytes.length);
        for (int at = offset; at < limit; at++) {
            if (bytes[at] == 0) {
                return at - offset;
            }
        }
        return -1;
    }

    /** The array that {@link #start} points into. Only to be read. */
    byte[] pool() {
        return pool;
    }

    /** Where a name begins in {@link #pool()}; the next one begins where it ends. */
    int start(int id) {
        return starts[id];
    }

    /**
     * A hash of a name, for tables of another shape: both its halves depend on every bit of the name and on its length. It is another one
     * in every process, so that names cannot be chosen beforehand to have the same, and not to be stored.
     *
     * @param bytes where the name is
     * @param offset index of its first byte
     * @param length its length in bytes
     * @throws IndexOutOfBoundsException if that is not within the bytes
     */
    public static long hashOf(byte[] bytes, int offset, int length) {
        return hash(bytes, Objects.checkFromIndexSize(offset, length, bytes.length), length);
    }

    /** The low 32 bits choose the slot, the high bits tell names apart that meet there. */
    static long hash(byte[] bytes, int offset, int length) {
        long hash = SEED ^ length;
        int at = offset;
        int left = length;
        for (; left >= Long.BYTES; at += Long.BYTES, left -= Long.BYTES) {
            hash = mix(hash ^ (long) WORDS.get(bytes, at));
        }
        // A second round for the end spreads the last whole word over both halves, too.
        return mix(mix(hash ^ tail(bytes, at, left)));
    }

    /** The last bytes of a name, fewer than 8, as a little-endian number. */
    private static long tail(byte[] bytes, int at, int left) {
        if (at <= bytes.length - Long.BYTES) {
            return (long) WORDS.get(bytes, at) & ((1L << (left * Byte.SIZE)) - 1);
        }
        long word = 0;
        for (int i = left - 1; i >= 0; i--) {
            word = (word << Byte.SIZE) | (bytes[at + i] & 0xFF);
        }
        return word;
    }

    /** Both halves of the 128-bit product, folded: every bit of the argument reaches every bit of the result. */
    private static long mix(long word) {
        return Math.multiplyHigh(word, MULTIPLIER) ^ (word * MULTIPLIER);
    }

    /** The id of a name; or, if it is not there, the complement of the free slot where it belongs. */
    private int probe(byte[] bytes, int offset, int length, long hash) {
        int mask = slots.length - 1;
        int wanted = slot(hash, 0, slots.length);
        for (int at = (int) hash & mask; ; at = (at + 1) & mask) {
            int slot = slots[at];
            if (slot == 0) {
                return ~at;
            }
            if (((slot ^ wanted) & ~mask) == 0) {
                int id = (slot & mask) - 1;
                if (Arrays.equals(pool, starts[id], starts[id + 1], bytes, offset, offset + length)) {
                    return id;
                }
            }
        }
    }

    private static int slot(long hash, int id, int slots) {
        return ((int) (hash >>> Integer.SIZE) & -slots) | (id + 1);
    }

    private void append(byte[] bytes, int offset, int length) {
        if (size == MAX_SLOTS / 2) {
            throw new IllegalStateException("a name table has at most " + MAX_SLOTS / 2 + " names");
        }
        int start = starts[size];
        if (length > pool.length - start) {
            pool = Arrays.copyOf(pool, grownLength(pool.length, (long) start + length));
        }
        if (size + 1 == starts.length) {
            starts = Arrays.copyOf(starts, grownLength(starts.length, size + 2L));
        }
        System.arraycopy(bytes, offset, pool, start, length);
        starts[size + 1] = start + length;
        size++;
    }

    /** The length of the next larger array: half as long again, or what is needed if that is more, up to the limit. */
    static int grownLength(int length, long needed) {
        if (needed > MAX_LENGTH) {
            throw new IllegalStateException("a name table has at most " + MAX_LENGTH + " bytes of names");
        }
        return (int) Math.min(MAX_LENGTH, Math.max(needed, length + length / 2L));
    }

    /** The hash table of all names with some number of slots. */
    private int[] slots(int length) {
        int[] table = new int[length];
        int mask = length - 1;
        for (int id = 0; id < size; id++) {
            long hash = hash(pool, starts[id], starts[id + 1] - starts[id]);
            int at = (int) hash & mask;
            while (table[at] != 0) {
                at = (at + 1) & mask;
            }
            table[at] = slot(hash, id, length);
        }
        return table;
    }

    /** Whether a text has a character a byte. */
    static boolean isLatin1(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
