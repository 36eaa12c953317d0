package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A piece of memory that a module has ({@code struct module_memory}): where it is, and what is in it. */
public final class ModuleMemory {
    private final MemoryType type;
    private final long base;
    private final long size;
    private final byte[] bytes;

    ModuleMemory(MemoryType type, long base, long size, byte[] bytes) {
        this.type = type;
        this.base = base;
        this.size = size;
        this.bytes = bytes;
    }

    /** What it is for. */
    public MemoryType type() {
        return type;
    }

    /** Its first address. */
    public long base() {
        return base;
    }

    /** Its size in bytes, whole pages. */
    public long size() {
        return size;
    }

    /** Its addresses. */
    public AddressRange range() {
        return new AddressRange(base, size);
    }

    /**
     * Its content, read-only, little-endian: the module's sections. Behind them, up to {@link #size}, the kernel has what it keeps of the
     * module's symbol table, which is not shown here, and zeros.
     */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] array() {
        return bytes;
    }
}
