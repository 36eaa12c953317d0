package org.jkmod.core;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The addresses that module memory is allocated from ({@code __vmalloc_node_range}, mm/vmalloc.c): whole pages, the lowest hole of a window
 * that is large enough, and a page behind each piece that stays unmapped. Not safe for threads: the kernel's module_mutex guards it.
 */
final class VmallocRegion {
    private final AddressRange hull;
    private final long size;
    private final int pageSize;
    /** Holes: offset in the hull to size. */
    private final TreeMap<Long, Long> holes = new TreeMap<>();
    /** The same by size: there are few different sizes, so that the lowest hole that is large enough is found without a look at all. */
    private final TreeMap<Long, TreeSet<Long>> bySize = new TreeMap<>();

    VmallocRegion(AddressRange region, int pageSize) {
        this(List.of(region), pageSize);
    }

    /**
     * A region with gaps.
     *
     * @param ranges whole pages, ascending, disjoint
     */
    VmallocRegion(List<AddressRange> ranges, int pageSize) {
        this.hull = AddressRange.between(
                ranges.get(0).start(), ranges.get(ranges.size() - 1).end());
        this.size = ranges.stream().mapToLong(AddressRange::size).sum();
        this.pageSize = pageSize;
        ranges.forEach(range -> merge(range.start() - hull.start(), range.size()));
    }

    /**
     * Allocates whole pages.
     *
     * @param bytes how many
     * @return the first address; empty if no hole is large enough
     */
    OptionalLong allocate(long bytes) {
        return allocate(bytes, pageSize, hull);
    }

    /**
     * Allocates whole pages in a window.
     *
     * @param bytes how many
     * @param alignment of the first address: a power of two, of at least a page
     * @return the first address; empty if no hole is large enough
     */
    OptionalLong allocate(long bytes, long alignment, AddressRange window) {
        long needed = pages(bytes);
        if (bytes <= 0 || needed > size) {
            // the kernel warns of size 0 and returns NULL
            return OptionalLong.empty();
        }
        long from = Math.max(0, window.start() - hull.start());
        long to = Math.min(hull.size(), window.end() - hull.start());
        OptionalLong offset = alignment > pageSize ? search(needed, alignment, from, to) : search(needed, from, to);
        if (offset.isEmpty()) {
            return offset;
        }
        take(offset.getAsLong(), needed);
        return OptionalLong.of(hull.start() + offset.getAsLong());
    }

    private OptionalLong search(long needed, long from, long to) {
        long lowest = Long.MAX_VALUE;
        Map.Entry<Long, Long> around = holes.lowerEntry(from);
        if (around != null && around.getKey() + around.getValue() - from >= needed) {
            lowest = from;
        }
        for (TreeSet<Long> same : bySize.tailMap(needed).values()) {
            Long first = same.ceiling(from);
            lowest = first == null ? lowest : Math.min(lowest, first);
        }
        return lowest <= to - needed ? OptionalLong.of(lowest) : OptionalLong.empty();
    }

    private OptionalLong search(long needed, long alignment, long from, long to) {
        Long first = holes.floorKey(from);
        for (Map.Entry<Long, Long> hole :
                holes.tailMap(first == null ? from : first).entrySet()) {
            long address = hull.start() + Math.max(from, hole.getKey());
            long offset = ((address + alignment - 1) & -alignment) - hull.start();
            if (offset + needed <= Math.min(to, hole.getKey() + hole.getValue())) {
                return OptionalLong.of(offset);
            }
        }
        return OptionalLong.empty();
    }

    private void take(long offset, long length) {
        long hole = holes.floorKey(offset);
        long end = hole + remove(hole);
        if (hole < offset) {
            add(hole, offset - hole);
        }
        if (offset + length < end) {
            add(offset + length, end - offset - length);
        }
    }

    /** Frees what {@link #allocate} gave. */
    void free(long address, long bytes) {
        merge(address - hull.start(), pages(bytes));
    }

    private void merge(long freed, long size) {
        long offset = freed;
        long length = size;
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
        long removed = Objects.requireNonNull(holes.remove(offset));
        TreeSet<Long> same = Objects.requireNonNull(bySize.get(removed));
        same.remove(offset);
        if (same.isEmpty()) {
            bySize.remove(removed);
        }
        return removed;
    }

    /** The size of a piece with its guard page. */
    private long pages(long bytes) {
        return roundUp(bytes) + pageSize;
    }

    long roundUp(long bytes) {
        return (bytes + pageSize - 1) & -(long) pageSize;
    }

    /** From the first address to the last, gaps included. */
    AddressRange hull() {
        return hull;
    }

    /** How many bytes there are to give. */
    long size() {
        return size;
    }

    /** How many bytes are allocated, guard pages included. */
    long allocated() {
        return size - holes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many holes there are. */
    int holes() {
        return holes.size();
    }

    /** Size of the largest hole. */
    long largestHole() {
        return bySize.isEmpty() ? 0 : bySize.lastKey();
    }
}
