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
    private final int length;
    private final List<Part> parts;
    /** What was written behind {@link #bytes}, which is zeros before: number of the chunk from the base to its bytes. */
    private volatile @Nullable ConcurrentMap<Long, byte[]> rest;

    private volatile byte @Nullable [] bytes;
    private volatile @Nullable KernelModule owner;

    ModuleMemory(MemoryType type, long base, long size, byte[] bytes) {
        this(type, base, size, bytes.length, List.of());
        this.bytes = bytes;
    }

    /**
     * Memory that is zeros, and takes none before somebody looks: it is given under the kernel's lock, and cleared by whoever fills it.
     *
     * @param length how many of its bytes are in {@link #array}
     */
    ModuleMemory(MemoryType type, long base, long size, int length, List<Part> parts) {
        this.type = type;
        this.base = base;
        this.size = size;
        this.length = length;
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
        return ByteBuffer.wrap(array()).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] array() {
        byte[] known = bytes;
        return known == null ? cleared() : known;
    }

    private synchronized byte[] cleared() {
        byte[] known = bytes;
        if (known == null) {
            known = new byte[length];
            bytes = known;
        }
        return known;
    }

    /** Length of {@link #array}. */
    int length() {
        return length;
    }

    /** A section's bytes; those that {@link #array} does not have, and that are behind the memory's end, are none of them. */
    SectionMemory section(Placement placement) {
        int at = (int) Math.min(placement.offset(), length);
        int there = length - at;
        long claimed = placement.size() < 0 ? there : placement.size();
        return new SectionMemory(array(), at, (int) Math.min(claimed, there), base + placement.offset());
    }

    /** Bytes of it, those behind {@link #array} too. */
    byte[] copy(long offset, int count) {
        byte[] copy = new byte[count];
        for (int i = 0; i < count; ) {
            long at = offset + i;
            int step = step(at, count - i);
            if (at < length) {
                System.arraycopy(array(), (int) at, copy, i, step);
            } else {
                ConcurrentMap<Long, byte[]> chunks = rest;
                byte[] chunk = chunks == null ? null : chunks.get(at / CHUNK);
                if (chunk != null) {
                    System.arraycopy(chunk, (int) (at % CHUNK), copy, i, step);
                }
            }
            i += step;
        }
        return copy;
    }

    /** Writes bytes. */
    void write(long offset, byte[] from, int start, int count) {
        for (int i = 0; i < count; ) {
            long at = offset + i;
            int step = step(at, count - i);
            if (at < length) {
                System.arraycopy(from, start + i, array(), (int) at, step);
            } else {
                byte[] chunk = rest().computeIfAbsent(at / CHUNK, n -> new byte[CHUNK]);
                System.arraycopy(from, start + i, chunk, (int) (at % CHUNK), step);
            }
            i += step;
        }
    }

    private synchronized ConcurrentMap<Long, byte[]> rest() {
        ConcurrentMap<Long, byte[]> known = rest;
        if (known == null) {
            known = new ConcurrentHashMap<>();
            rest = known;
        }
        return known;
    }

    /** How many bytes can be moved at once. */
    private int step(long at, int wanted) {
        long there = at < length ? (long) length - at : CHUNK - at % CHUNK;
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
