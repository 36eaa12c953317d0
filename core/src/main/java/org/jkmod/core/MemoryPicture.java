package org.jkmod.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Draws module memory: a row of characters for 64 pages, rows that are alike only once. */
final class MemoryPicture {
    private static final int COLUMNS = 64;
    private static final char FREE = '.';
    private static final char GUARD = '|';
    private static final char UNUSED_CODE = '#';
    private static final char OUTSIDE = ' ';

    private static final List<String> LEGEND = List.of(
            "T text  D data  R rodata  A ro_after_init  t init_text  d init_data  r init_rodata",
            "| guard page  # unused rest of a code block  . free");

    /** A run of pages of a kind. */
    private record Run(long start, long end, char kind) {}

    private MemoryPicture() {}

    /** Draws it. */
    static List<String> lines(
            List<MemoryMapping> mappings, List<AddressRange> regions, int pageSize, MemoryAccounting accounting) {
        List<String> lines = new ArrayList<>();
        for (AddressRange region : regions) {
            draw(region, runs(mappings, region), pageSize, lines);
        }
        lines.addAll(LEGEND);
        lines.add(String.format(
                Locale.ROOT,
                "%d pages of %d bytes, %d allocated, %d free in %d holes, the largest of %d; fragmentation %.1f %%",
                accounting.regionSize() / pageSize,
                pageSize,
                accounting.allocated() / pageSize,
                accounting.free() / pageSize,
                accounting.holes(),
                accounting.largestHole() / pageSize,
                100 * accounting.fragmentation()));
        lines.add(String.format(
                Locale.ROOT, "per-CPU: %d bytes, %d free", accounting.perCpuSize(), accounting.perCpuFree()));
        return lines;
    }

    /** What there is in a region, by its offset. */
    private static NavigableMap<Long, Run> runs(List<MemoryMapping> mappings, AddressRange region) {
        NavigableMap<Long, Run> runs = new TreeMap<>();
        for (MemoryMapping mapping : mappings) {
            if (region.contains(mapping.range().start())) {
                long start = mapping.range().start() - region.start();
                long end = start + mapping.range().size();
                runs.put(start, new Run(start, end, kind(mapping)));
                if (mapping.guard() > 0) {
                    runs.put(end, new Run(end, end + mapping.guard(), GUARD));
                }
            }
        }
        return runs;
    }

    private static char kind(MemoryMapping mapping) {
        if (mapping.module().isEmpty()) {
            return UNUSED_CODE;
        }
        return switch (mapping.type()) {
            case TEXT -> 'T';
            case DATA -> 'D';
            case RODATA -> 'R';
            case RO_AFTER_INIT -> 'A';
            case INIT_TEXT -> 't';
            case INIT_DATA -> 'd';
            case INIT_RODATA -> 'r';
            default -> '?';
        };
    }

    private static void draw(AddressRange region, NavigableMap<Long, Run> runs, int pageSize, List<String> lines) {
        long rowSize = (long) COLUMNS * pageSize;
        for (long row = 0; row < region.size(); ) {
            String drawn = row(region, runs, row, pageSize);
            lines.add(String.format("0x%016x %s", region.start() + row, drawn));
            long same = alike(region, runs, row, drawn, rowSize);
            if (same > 1) {
                lines.add(String.format("%18s %d more rows like this", "", same));
                row += same * rowSize;
            }
            row += rowSize;
        }
    }

    /** How many of the rows that follow a row of one kind are of that kind, too: without a look at each of them. */
    private static long alike(AddressRange region, NavigableMap<Long, Run> runs, long row, String drawn, long rowSize) {
        char kind = drawn.charAt(0);
        if (drawn.length() < COLUMNS || drawn.chars().anyMatch(c -> c != kind)) {
            return 0;
        }
        long next = row + rowSize;
        long end;
        if (kind == FREE) {
            Map.Entry<Long, Run> behind = runs.ceilingEntry(next);
            end = behind == null ? region.size() : behind.getKey();
        } else {
            Map.Entry<Long, Run> around = runs.floorEntry(next);
            end = around == null || around.getValue().kind() != kind
                    ? next
                    : around.getValue().end();
        }
        return Math.max(0, (end - next) / rowSize);
    }

    private static String row(AddressRange region, NavigableMap<Long, Run> runs, long row, int pageSize) {
        char[] pages = new char[COLUMNS];
        Arrays.fill(pages, OUTSIDE);
        for (int i = 0; i < COLUMNS; i++) {
            long offset = row + (long) i * pageSize;
            if (offset < region.size()) {
                Map.Entry<Long, Run> run = runs.floorEntry(offset);
                pages[i] = run != null && offset < run.getValue().end()
                        ? run.getValue().kind()
                        : FREE;
            }
        }
        return new String(pages).stripTrailing();
    }
}
