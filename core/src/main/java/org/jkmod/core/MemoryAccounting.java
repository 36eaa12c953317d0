package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Who holds how much of a kernel's module memory.
 *
 * @param regionSize how many bytes there are
 * @param free how many of them nobody holds
 * @param largestHole how many of those are in one piece: a page less is the largest that can be allocated, for its guard page
 * @param holes in how many pieces they are
 * @param codeBlocks bytes of blocks that code is cut from, guard pages included; 0 where code is allocated as all other memory is
 * @param codeBlocksUnused how many of them no module uses, guard pages included
 * @param perCpuSize how many bytes of per-CPU variables all modules together may have
 * @param perCpuFree how many of them are free
 * @param holdings what the modules hold, in the order of its addresses
 */
public record MemoryAccounting(
        long regionSize,
        long free,
        long largestHole,
        int holes,
        long codeBlocks,
        long codeBlocksUnused,
        long perCpuSize,
        long perCpuFree,
        List<Holding> holdings) {
    /** Copies the list. */
    public MemoryAccounting {
        holdings = ImmutableList.copyOf(holdings);
    }

    /**
     * What a module holds of a type.
     *
     * @param module its name
     * @param type the type
     * @param bytes whole pages; of per-CPU variables, their size
     * @param guard bytes behind them that stay unmapped
     */
    public record Holding(String module, MemoryType type, long bytes, long guard) {}

    /** How many bytes are taken, guard pages included. */
    public long allocated() {
        return regionSize - free;
    }

    /** How many bytes a module holds, guard pages and per-CPU variables included. */
    public long heldBy(String module) {
        return holdings.stream()
                .filter(h -> h.module().equals(module))
                .mapToLong(h -> h.bytes() + h.guard())
                .sum();
    }

    /** How much of what is free is not in the largest hole: 0 if all is in one piece, near 1 if it is in crumbs. */
    public double fragmentation() {
        return free == 0 ? 0 : 1 - (double) largestHole / free;
    }

    /** Whether nobody holds anything, as before the first load. */
    public boolean isEmpty() {
        return free == regionSize && perCpuFree == perCpuSize && codeBlocks == 0 && holdings.isEmpty();
    }
}
