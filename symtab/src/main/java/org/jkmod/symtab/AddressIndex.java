package org.jkmod.symtab;

import java.util.Objects;

/**
 * Leads from an address to the symbol at or below it. Immutable.
 *
 * <p>Entries are sorted by address, as unsigned numbers; those at one address (aliases) stay in the order in which they
 * were given. A <em>position</em> is an entry's place in that order, from 0; an <em>id</em> is what the builder called
 * the entry, such as the number of a symbol in {@link Kallsyms}.
 */
public final class AddressIndex {
    private static final int RADIX = 1 << Byte.SIZE;

    private final long[] addresses;
    private final int[] ids;

    private AddressIndex(long[] addresses, int[] ids) {
        this.addresses = addresses;
        this.ids = ids;
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
        return addresses.length;
    }

    /**
     * The address of an entry, unsigned.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public long address(int position) {
        return addresses[position];
    }

    /**
     * What the builder called an entry.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int id(int position) {
        return ids[position];
    }

    /**
     * The position of the last entry at or below an address, or -1 if all entries are above it. Of aliases it is the
     * one that was given last; {@link #firstAlias} leads to the one that was given first, which is the one that the
     * kernel names.
     *
     * @param address unsigned
     */
    public int floor(long address) {
        int below = -1;
        int above = addresses.length;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            if (compare(addresses[middle], address) <= 0) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return below;
    }

    /**
     * The position of the first entry at the same address as an entry: its own if it has no alias before it.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int firstAlias(int position) {
        Objects.checkIndex(position, addresses.length);
        long address = addresses[position];
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
        return new AddressIndex(fromAddresses, fromIds);
    }

    private static int digit(long address, int shift) {
        return (int) (address >>> shift) & (RADIX - 1);
    }
}
