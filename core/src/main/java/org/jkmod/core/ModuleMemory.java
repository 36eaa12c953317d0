package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jkmod.core.ModuleLayout.Part;
import org.jkmod.core.ModuleLayout.Placement;
import org.jspecify.annotations.Nullable;

/** A piece of memory that a module has ({@code struct module_memory}): where it is, and what is in it. */
public final class ModuleMemory {
    private static final int CHUNK = 4096;

    private final MemoryType type;
    private final long base;
    private final long size;
    private final byte[] bytes;
    private final List<Part> parts;
    /** What was written behind {@link #bytes}, which is zeros before: number of the chunk from the base to its bytes. */
    private final ConcurrentMap<Long, byte[]> rest = new ConcurrentHashMap<>();

    private volatile @Nullable KernelModule owner;

    ModuleMemory(MemoryType type, long base, long size, byte[] bytes) {
        this(type, base, size, bytes, List.of());
    }

    ModuleMemory(MemoryType type, long base, long size, byte[] bytes, List<Part> parts) {
        this.type = type;
        this.base = base;
        this.size = size;
        this.bytes = bytes;
        this.parts = ImmutableList.copyOf(parts);
    }

    /** What it is for. */
    public MemoryType type() {
        return type;
    }

    /** Its first address. */
    public long base() {
        return base;
    }

    /** Its size in bytes: whole pages, but for per-CPU variables. */
    public long size() {
        return size;
    }

    /** Its addresses. */
    public AddressRange range() {
        return new AddressRange(base, size);
    }

    /**
     * Its content, read-only, little-endian: the module's sections, but for zeros at their end if they are very many. Behind them, up to
     * {@link #size}, the kernel has what it keeps of the module's symbol table, which is not shown here, and zeros.
     */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] array() {
        return bytes;
    }

    /** A section's bytes; those that {@link #array} does not have, and that are behind the memory's end, are none of them. */
    SectionMemory section(Placement placement) {
        int at = (int) Math.min(placement.offset(), bytes.length);
        int there = bytes.length - at;
        long claimed = placement.size() < 0 ? there : placement.size();
        return new SectionMemory(bytes, at, (int) Math.min(claimed, there), base + placement.offset());
    }

    /** Bytes of it, those behind {@link #array} too. */
    byte[] copy(long offset, int length) {
        byte[] copy = new byte[length];
        for (int i = 0; i < length; ) {
            long at = offset + i;
            int count = step(at, length - i);
            if (at < bytes.length) {
                System.arraycopy(bytes, (int) at, copy, i, count);
            } else {
                byte[] chunk = rest.get(at / CHUNK);
                if (chunk != null) {
                    System.arraycopy(chunk, (int) (at % CHUNK), copy, i, count);
                }
            }
            i += count;
        }
        return copy;
    }

    /** Writes bytes. */
    void write(long offset, byte[] from, int start, int length) {
        for (int i = 0; i < length; ) {
            long at = offset + i;
            int count = step(at, length - i);
            if (at < bytes.length) {
                System.arraycopy(from, start + i, bytes, (int) at, count);
            } else {
                byte[] chunk = rest.computeIfAbsent(at / CHUNK, n -> new byte[CHUNK]);
                System.arraycopy(from, start + i, chunk, (int) (at % CHUNK), count);
            }
            i += count;
        }
    }

    /** How many bytes can be moved at once. */
    private int step(long at, int wanted) {
        long there = at < bytes.length ? (long) bytes.length - at : CHUNK - at % CHUNK;
        return (int) Math.min(there, wanted);
    }

    /** Its parts, in their order; together they are all of it. */
    List<Part> parts() {
        return parts;
    }

    /** The module whose memory it is, once there is one. */
    @Nullable
    KernelModule owner() {
        return owner;
    }

    void owner(KernelModule module) {
        owner = module;
    }
}
