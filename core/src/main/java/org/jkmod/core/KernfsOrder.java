package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The order in which readdir(2) gives the names in a directory of sysfs: by {@code kernfs_name_hash}, then by name
 * ({@code kernfs_sd_compare} in fs/kernfs/dir.c). The same in all generations, on all 64-bit machines.
 */
final class KernfsOrder {
    /** {@code GOLDEN_RATIO_64} of include/linux/hash.h. */
    private static final long GOLDEN_RATIO = 0x61C8864680B583EBL;

    private KernfsOrder() {}

    /** The names in that order. */
    static List<String> of(Collection<String> names) {
        List<String> sorted = new ArrayList<>(names);
        sorted.sort(Comparator.comparingInt(KernfsOrder::hash).thenComparing(Comparator.naturalOrder()));
        return List.copyOf(sorted);
    }

    private static int hash(String name) {
        long hash = 0;
        for (byte signed : name.getBytes(StandardCharsets.ISO_8859_1)) {
            // partial_name_hash of include/linux/stringhash.h
            long c = signed & 0xff;
            hash = (hash + (c << 4) + (c >> 4)) * 11;
        }
        int folded = (int) ((hash * GOLDEN_RATIO) >>> 32) & Integer.MAX_VALUE;
        // 0, 1 and INT_MAX are the directory's own
        return Math.min(folded < 2 ? folded + 2 : folded, Integer.MAX_VALUE - 1);
    }
}
