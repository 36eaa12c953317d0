package org.jkmod.core;

import java.util.Objects;

/**
 * A section of a module in memory: its bytes while they are made, and the address that they are for. Little-endian.
 */
public final class SectionMemory {
    private final byte[] image;
    private final int base;
    private final int size;
    private final long address;

    SectionMemory(byte[] image, int base, int size, long address) {
        this.image = image;
        this.base = base;
        this.size = size;
        this.address = address;
    }

    /** The section's first address. */
    public long address() {
        return address;
    }

    /** The section's size in bytes. */
    public int size() {
        return size;
    }

    /**
     * The 32-bit word at an offset, zero-extended.
     *
     * @throws IndexOutOfBoundsException if it is not within the section
     */
    public long get32(int offset) {
        return LittleEndian.get32(image, at(offset, 4));
    }

    /**
     * Writes a 32-bit word.
     *
     * @throws IndexOutOfBoundsException if it is not within the section
     */
    public void put32(int offset, long value) {
        LittleEndian.put32(image, at(offset, 4), value);
    }

    /**
     * Writes a 64-bit word.
     *
     * @throws IndexOutOfBoundsException if it is not within the section
     */
    public void put64(int offset, long value) {
        LittleEndian.put64(image, at(offset, 8), value);
    }

    private int at(int offset, int bytes) {
        return base + Objects.checkFromIndexSize(offset, bytes, size);
    }

    byte[] image() {
        return image;
    }

    int base() {
        return base;
    }
}
