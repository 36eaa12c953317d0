package org.jkmod.core;

/**
 * A range of addresses.
 *
 * @param start the first address
 * @param size in bytes, unsigned
 */
public record AddressRange(long start, long size) {
    /** A range from its first address and the first one behind it. */
    public static AddressRange between(long start, long end) {
        return new AddressRange(start, end - start);
    }

    /** The first address behind the range. */
    public long end() {
        return start + size;
    }

    /** Whether an address lies in the range. */
    public boolean contains(long address) {
        return Long.compareUnsigned(address - start, size) < 0;
    }
}
