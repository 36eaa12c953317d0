package org.jkmod.symtab;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Leads from an address to the symbol at or below it. Immutable.
 *
 * <p>Entries are sorted by address, as unsigned numbers; those at one address (aliases) stay in the order in which they
 * were given. A <em>position</em> is an entry's place in that order, from 0; an <em>id</em> is what the builder called
 * the entry, such as the number of a symbol in {@link Kallsyms}.
 *
 * <p>A kernel's symbols lie close together in a few places: its image, its modules, per-CPU variables near 0. Each such <em>region</em>
 * is cut into buckets of equal size, as many as it has symbols or up to twice that; a table says where each begins. So a look-up finds a
 * region among few, reads one number of the table, and compares with the few entries of a bucket, where a binary search would miss the
 * cache at most of its seventeen steps. Within a region an address is 4 bytes; an entry costs 6 to 8, and 4 more for its id, unless
 * entries were given in their order and the id is the position.
 */
public final class AddressIndex {
    private static final int RADIX = 1 << Byte.SIZE;

    /** The buckets of a block are counted from its first position, which makes them half as large: what is not read is not missed. */
    private static final int BLOCK_SHIFT = 8;

    private static final int FAR = Character.MAX_VALUE;

    /** A gap this large begins another region. */
    private static final long MAX_GAP = 1L << 24;
    /** A region's addresses are told by 32 bits. */
    private static final long MAX_SPAN = 1L << 32;

    /** By position; empty if each is the position itself. */
    private final int[] ids;
    /** By position: the distance from the first address of its region, unsigned. */
    private final int[] offsets;
    /** By region: its first address; its first position, and one more for the end. */
    private final long[] bases;

    private final int[] firsts;
    /** By region: a bucket has 2^shift addresses; its first bucket in {@link #buckets}. */
    private final byte[] shifts;

    private final int[] firstBuckets;
    /**
     * By bucket, and for each region one more for the end: the first position in it or behind it, as a distance from that of the block of
     * buckets; or {@link #FAR}, which is as far or further.
     */
    private final char[] buckets;
    /** By block of buckets, and one more for the end: the first position. */
    private final int[] blocks;

    private AddressIndex(long[] bases, int[] firsts, int[] offsets, int[] ids) {
        this.bases = bases;
        this.firsts = firsts;
        this.offsets = offsets;
        this.ids = ids;
        shifts = new byte[bases.length];
        firstBuckets = new int[bases.length + 1];
        for (int region = 0; region < bases.length; region++) {
            int last = firsts[region + 1] - 1;
            long span = Integer.toUnsignedLong(offsets[last]);
            int wanted = last - firsts[region] + 1;
            shifts[region] = (byte) Math.max(0, Long.SIZE - 1 - Long.numberOfLeadingZeros(span / wanted));
            firstBuckets[region + 1] = firstBuckets[region] + (int) (span >>> shifts[region]) + 2;
        }
        int count = firstBuckets[bases.length];
        buckets = new char[count];
        blocks = new int[(count >>> BLOCK_SHIFT) + 2];
        fill(sizes());
    }

    /** How many entries each bucket has. */
    private int[] sizes() {
        int[] sizes = new int[buckets.length];
        for (int region = 0; region < bases.length; region++) {
            int first = firstBuckets[region];
            int shift = shifts[region];
            for (int position = firsts[region]; position < firsts[region + 1]; position++) {
                sizes[first + (int) (Integer.toUnsignedLong(offsets[position]) >>> shift)]++;
            }
        }
        return sizes;
    }

    private void fill(int[] sizes) {
        int position = 0;
        for (int block = 0; block < blocks.length; block++) {
            int first = position;
            blocks[block] = first;
            int end = Math.min((block + 1) << BLOCK_SHIFT, sizes.length);
            for (int bucket = block << BLOCK_SHIFT; bucket < end; bucket++) {
                buckets[bucket] = (char) Math.min(FAR, position - first);
                position += sizes[bucket];
            }
        }
    }

    private static AddressIndex ofSorted(long[] addresses, int[] ids) {
        int[] firsts = regions(addresses);
        long[] bases = new long[firsts.length - 1];
        int[] offsets = new int[addresses.length];
        for (int region = 0; region < bases.length; region++) {
            bases[region] = addresses[firsts[region]];
            for (int position = firsts[region]; position < firsts[region + 1]; position++) {
                offsets[position] = (int) (addresses[position] - bases[region]);
            }
        }
        return new AddressIndex(bases, firsts, offsets, arePositions(ids) ? new int[0] : ids);
    }

    /** An index as it was saved, its ids the positions; empty if the addresses do not ascend. */
    static Optional<AddressIndex> restored(long[] bases, int[] firsts, int[] offsets) {
        boolean ascend = firsts[0] == 0 && firsts[bases.length] == offsets.length;
        for (int region = 0; region < bases.length && ascend; region++) {
            int first = firsts[region];
            ascend = first < firsts[region + 1] && firsts[region + 1] <= offsets.length && offsets[first] == 0;
            for (int position = first + 1; ascend && position < firsts[region + 1]; position++) {
                ascend = Integer.compareUnsigned(offsets[position - 1], offsets[position]) <= 0;
            }
            ascend = ascend
                    && (region == 0
                            || compare(bases[region - 1] + Integer.toUnsignedLong(offsets[first - 1]), bases[region])
                                    <= 0);
        }
        return ascend ? Optional.of(new AddressIndex(bases, firsts, offsets, new int[0])) : Optional.empty();
    }

    /** The same with positions for ids. */
    AddressIndex withoutIds() {
        return ids.length == 0 ? this : new AddressIndex(bases, firsts, offsets, new int[0]);
    }

    long[] bases() {
        return bases;
    }

    int[] firsts() {
        return firsts;
    }

    int[] offsets() {
        return offsets;
    }

    private static boolean arePositions(int[] ids) {
        for (int position = 0; position < ids.length; position++) {
            if (ids[position] != position) {
                return false;
            }
        }
        return true;
    }

    /** The first position of every region, and the number of entries. */
    private static int[] regions(long[] addresses) {
        int[] starts = new int[16];
        int count = 0;
        for (int i = 0; i < addresses.length; i++) {
            if (i == 0
                    || compare(addresses[i] - addresses[i - 1], MAX_GAP) > 0
                    || compare(addresses[i] - addresses[starts[count - 1]], MAX_SPAN) >= 0) {
                if (count == starts.length) {
                    starts = Arrays.copyOf(starts, 2 * count);
                }
                starts[count++] = i;
            }
        }
        int[] result = Arrays.copyOf(starts, count + 1);
        result[count] = addresses.length;
        return result;
    }

    /**
     * Builds an index.
     *
     * @param addresses the addresses, unsigned, in any order; not kept
     * @param ids what to call them: {@code ids[i]} is at {@code addresses[i]}; not kept
     * @throws IllegalArgumentException if the arrays differ in length
     */
    public static AddressIndex of(long[] addresses, int[] ids) {
        if (addresses.length != ids.length) {
            throw new IllegalArgumentException(addresses.length + " addresses, but " + ids.length + " ids");
        }
        return sort(addresses.clone(), ids.clone());
    }

    /** How many entries there are; positions are below it. */
    public int size() {
        return offsets.length;
    }

    /**
     * The address of an entry, unsigned.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public long address(int position) {
        Objects.checkIndex(position, offsets.length);
        return bases[regionOf(position)] + Integer.toUnsignedLong(offsets[position]);
    }

    /**
     * What the builder called an entry.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int id(int position) {
        Objects.checkIndex(position, offsets.length);
        return ids.length == 0 ? position : ids[position];
    }

    /**
     * The position of the last entry at or below an address, or -1 if all entries are above it. Of aliases it is the
     * one that was given last; {@link #firstAlias} leads to the one that was given first, which is the one that the
     * kernel names.
     *
     * @param address unsigned
     */
    public int floor(long address) {
        int region = regionAt(address);
        if (region < 0) {
            return -1;
        }
        long distance = address - bases[region];
        int bucket = firstBuckets[region];
        int last = firstBuckets[region + 1] - 2;
        if (compare(distance >>> shifts[region], last - bucket) > 0) {
            return firsts[region + 1] - 1;
        }
        bucket += (int) (distance >>> shifts[region]);
        int offset = (int) distance;
        int below = blocks[bucket >>> BLOCK_SHIFT] + buckets[bucket] - 1;
        int next = bucket + 1;
        int above = buckets[next] == FAR
                ? blocks[(next >>> BLOCK_SHIFT) + 1]
                : blocks[next >>> BLOCK_SHIFT] + buckets[next];
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            if (Integer.compareUnsigned(offsets[middle], offset) <= 0) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return below;
    }

    /** The last region that begins at or below an address, or -1. */
    private int regionAt(long address) {
        int below = -1;
        int above = bases.length;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            if (compare(bases[middle], address) <= 0) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return below;
    }

    private int regionOf(int position) {
        int found = Arrays.binarySearch(firsts, 0, bases.length, position);
        return found >= 0 ? found : -found - 2;
    }

    /**
     * The positions of the last entries at or below many addresses, as {@link #floor(long)} says it of each. Addresses that ascend, or
     * hit the same symbols again and again, cost less.
     *
     * @param addresses unsigned, in any order
     * @param positions where to put the answers, one for each address
     * @throws IndexOutOfBoundsException if {@code positions} is shorter than {@code addresses}
     */
    public void floor(long[] addresses, int[] positions) {
        Objects.checkFromIndexSize(0, addresses.length, positions.length);
        long from = 1;
        long size = 0;
        int position = -1;
        for (int i = 0; i < addresses.length; i++) {
            if (compare(addresses[i] - from, size) >= 0) {
                position = floor(addresses[i]);
                from = position < 0 ? 1 : address(position);
                size = position < 0 || position + 1 == offsets.length ? 0 : address(position + 1) - from;
            }
            positions[i] = position;
        }
    }

    /**
     * The position of the first entry at the same address as an entry: its own if it has no alias before it.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int firstAlias(int position) {
        long address = address(position);
        return address == 0 ? 0 : floor(address - 1) + 1;
    }

    /** The one place where addresses are compared. */
    private static int compare(long a, long b) {
        return Long.compareUnsigned(a, b);
    }

    /**
     * Sorts by radix, a byte at a time from the lowest: unsigned and stable by nature, and linear. A byte that is the
     * same in all addresses is skipped, as the upper three usually are.
     */
    private static AddressIndex sort(long[] addresses, int[] ids) {
        int length = addresses.length;
        long[] fromAddresses = addresses;
        int[] fromIds = ids;
        long[] toAddresses = new long[length];
        int[] toIds = new int[length];
        for (int shift = 0; shift < Long.SIZE && length > 0; shift += Byte.SIZE) {
            int[] counts = new int[RADIX + 1];
            for (long address : fromAddresses) {
                counts[digit(address, shift) + 1]++;
            }
            if (counts[digit(fromAddresses[0], shift) + 1] == length) {
                continue;
            }
            for (int i = 0; i < RADIX; i++) {
                counts[i + 1] += counts[i];
            }
            for (int i = 0; i < length; i++) {
                int to = counts[digit(fromAddresses[i], shift)]++;
                toAddresses[to] = fromAddresses[i];
                toIds[to] = fromIds[i];
            }
            long[] freeAddresses = fromAddresses;
            fromAddresses = toAddresses;
            toAddresses = freeAddresses;
            int[] freeIds = fromIds;
            fromIds = toIds;
            toIds = freeIds;
        }
        return ofSorted(fromAddresses, fromIds);
    }

    private static int digit(long address, int shift) {
        return (int) (address >>> shift) & (RADIX - 1);
    }
}
