package org.jkmod.core;

import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/**
 * Blocks of executable pages that module code is cut from ({@code struct execmem_cache}, mm/execmem.c), one piece right behind the other,
 * without guard pages: huge pages need no more than one entry of a TLB. What is freed is filled with instructions that trap and used
 * again; a block of which nothing is used is given back. Not safe for threads.
 */
final class CodeBlockCache {
    /** Where blocks come from and go to. */
    interface Source {
        OptionalLong allocate(long size, long alignment);

        void free(long address, long size);
    }

    private final long blockSize;
    private final int pageSize;
    private final Source source;
    /** Address to size of each block, and of what is free in them: never across blocks, for each has a guard page behind it. */
    private final TreeMap<Long, Long> blocks = new TreeMap<>(Long::compareUnsigned);

    private final TreeMap<Long, Long> free = new TreeMap<>(Long::compareUnsigned);

    CodeBlockCache(long blockSize, int pageSize, Source source) {
        this.blockSize = blockSize;
        this.pageSize = pageSize;
        this.source = source;
    }

    /** Allocates whole pages. */
    OptionalLong allocate(long size) {
        OptionalLong found = cut(size);
        return found.isPresent() || !populate(size) ? found : cut(size);
    }

    private OptionalLong cut(long size) {
        Map.Entry<Long, Long> found = null;
        for (Map.Entry<Long, Long> piece : free.entrySet()) {
            if (piece.getValue() >= size) {
                found = piece;
                break;
            }
        }
        if (found == null) {
            return OptionalLong.empty();
        }
        long address = found.getKey();
        long left = found.getValue() - size;
        free.remove(address);
        if (left > 0) {
            free.put(address + size, left);
        }
        return OptionalLong.of(address);
    }

    /** {@code execmem_cache_populate_alloc}: whole blocks, or, where there is no room for them, just as much as is wanted. */
    private boolean populate(long size) {
        LongUnaryOperator round = to -> (size + to - 1) / to * to;
        for (long step : new long[] {blockSize, pageSize}) {
            long length = round.applyAsLong(step);
            OptionalLong block = source.allocate(length, length >= blockSize ? blockSize : pageSize);
            if (block.isPresent()) {
                blocks.put(block.getAsLong(), length);
                free.put(block.getAsLong(), length);
                return true;
            }
        }
        return false;
    }

    /** Frees what {@link #allocate} gave. */
    void free(long address, long size) {
        Map.Entry<Long, Long> block = blocks.floorEntry(address);
        if (block == null) {
            throw new IllegalStateException("no code at 0x" + Long.toHexString(address));
        }
        long start = address;
        long length = size;
        Map.Entry<Long, Long> before = free.lowerEntry(address);
        if (before != null && before.getKey() + before.getValue() == address) {
            start = before.getKey();
            length += before.getValue();
        }
        Long behind = free.remove(address + size);
        length += behind == null ? 0 : behind;
        free.put(start, length);
        if (length == block.getValue()) {
            free.remove(start);
            blocks.remove(start);
            source.free(start, length);
        }
    }

    /** What is free in the blocks: address to size. */
    NavigableMap<Long, Long> unused() {
        return free;
    }

    long unusedBytes() {
        return free.values().stream().mapToLong(Long::longValue).sum();
    }

    long bytes() {
        return blocks.values().stream().mapToLong(Long::longValue).sum();
    }

    int count() {
        return blocks.size();
    }
}
