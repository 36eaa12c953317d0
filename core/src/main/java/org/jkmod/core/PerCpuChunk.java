package org.jkmod.core;

import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The chunk that per-CPU variables of modules come from ({@code pcpu_reserved_chunk}, mm/percpu.c), which x86, arm64 and riscv all have:
 * their {@code setup_per_cpu_areas} pass {@code PERCPU_MODULE_RESERVE} on. It gives the lowest room that is large enough, in units of 4
 * bytes. Not safe for threads.
 */
final class PerCpuChunk {
    /** {@code PCPU_MIN_ALLOC_SIZE}. */
    static final int UNIT = 4;
    /** {@code PCPU_MIN_UNIT_SIZE}: no allocation is larger, wherever it is from. */
    private static final long MAX_SIZE = 32 << 10;

    private final AddressRange range;
    private final int pageSize;
    /** What is taken: address to size. */
    private final TreeMap<Long, Long> taken = new TreeMap<>();

    PerCpuChunk(AddressRange range, int pageSize) {
        this.range = range;
        this.pageSize = pageSize;
    }

    static long roundUp(long value) {
        return (value + UNIT - 1) & -UNIT;
    }

    /** Whether {@code pcpu_alloc} looks for room at all, rather than warn of an "illegal size or align". */
    boolean isLegal(long size, long alignment) {
        return size > 0
                && roundUp(size) <= MAX_SIZE
                && alignment > 0
                && alignment <= pageSize
                && Long.bitCount(alignment) == 1;
    }

    OptionalLong allocate(long size, long alignment) {
        long needed = roundUp(size);
        long step = Math.max(UNIT, alignment);
        long at = align(range.start(), step);
        for (Map.Entry<Long, Long> piece : taken.entrySet()) {
            if (piece.getKey() - at >= needed) {
                break;
            }
            at = Math.max(at, align(piece.getKey() + piece.getValue(), step));
        }
        if (range.end() - at < needed) {
            return OptionalLong.empty();
        }
        taken.put(at, needed);
        return OptionalLong.of(at);
    }

    void free(long address) {
        if (taken.remove(address) == null) {
            throw new IllegalStateException("no per-CPU area at 0x" + Long.toHexString(address));
        }
    }

    private static long align(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    AddressRange range() {
        return range;
    }

    long allocated() {
        return taken.values().stream().mapToLong(Long::longValue).sum();
    }
}
