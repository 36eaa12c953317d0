package org.jkmod.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Areas by their addresses; no two overlap. */
final class AreaMap {
    private final TreeMap<Long, SymbolArea> byStart = new TreeMap<>(Long::compareUnsigned);

    /** Adds an area if its addresses are free; else says who has them. */
    Optional<SymbolArea> add(SymbolArea area) {
        Map.Entry<Long, SymbolArea> before = byStart.floorEntry(area.range().end() - 1);
        if (before != null
                && Long.compareUnsigned(
                                before.getValue().range().end() - 1,
                                area.range().start())
                        >= 0) {
            return Optional.of(before.getValue());
        }
        byStart.put(area.range().start(), area);
        return Optional.empty();
    }

    /** All of them, in the order of their addresses. */
    List<SymbolArea> areas() {
        return new ArrayList<>(byStart.values());
    }
}
