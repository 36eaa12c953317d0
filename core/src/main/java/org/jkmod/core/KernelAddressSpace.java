package org.jkmod.core;

import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The region that module memory is allocated from ({@code __vmalloc_node_range}): whole pages, the lowest hole that is large enough,
 * and a page behind each piece that stays unmapped. Guarded by the kernel's module_mutex.
 */
final class KernelAddressSpace {
    private final AddressRange region;
    private final int pageSize;
    /** Holes: offset in the region to size. */
    private final TreeMap<Long, Long> holes = new TreeMap<>();
    /** The same by size: there are few different sizes, so that the lowest hole that is large enough is found without a look at all. */
    private final TreeMap<Long, TreeSet<Long>> bySize = new TreeMap<>();

    KernelAddressSpace(AddressRange region, int pageSize) {
        this.region = region;
        this.pageSize = pageSize;
        add(0, region.size());
    }

    /**
     * Allocates whole pages.
     *
     * @param size in bytes
     * @return the first address; empty if no hole is large enough
     */
    OptionalLong allocate(long size) {
        long needed = pages(size);
        OptionalLong lowest = bySize.tailMap(needed).values().stream()
                .mapToLong(TreeSet::first)
                .min();
        if (lowest.isPresent()) {
            long offset = lowest.getAsLong();
            long hole = remove(offset);
            if (hole > needed) {
                add(offset + needed, hole - needed);
            }
            return OptionalLong.of(region.start() + offset);
        }
        return OptionalLong.empty();
    }

    /** Frees what {@link #allocate} gave. */
    void free(long address, long size) {
        long offset = address - region.start();
        long length = pages(size);
        Map.Entry<Long, Long> before = holes.lowerEntry(offset);
        if (before != null && before.getKey() + before.getValue() == offset) {
            offset = before.getKey();
            length += remove(offset);
        }
        if (holes.containsKey(offset + length)) {
            length += remove(offset + length);
        }
        add(offset, length);
    }

    private void add(long offset, long size) {
        holes.put(offset, size);
        bySize.computeIfAbsent(size, s -> new TreeSet<>()).add(offset);
    }

    /** Takes a hole out of the books; returns its size. */
    private long remove(long offset) {
        long size = Objects.requireNonNull(holes.remove(offset));
        TreeSet<Long> same = Objects.requireNonNull(bySize.get(size));
        same.remove(offset);
        if (same.isEmpty()) {
            bySize.remove(size);
        }
        return size;
    }

    /** Whether an address lies in the region. */
    boolean contains(long address) {
        return region.contains(address);
    }

    /** The size of a piece with its guard page. */
    private long pages(long size) {
        return roundUp(size) + pageSize;
    }

    long roundUp(long size) {
        return (size + pageSize - 1) & -(long) pageSize;
    }

    /** How many bytes are allocated, guard pages included. */
    long allocated() {
        return region.size()
                - holes.values().stream().mapToLong(Long::longValue).sum();
    }
}
