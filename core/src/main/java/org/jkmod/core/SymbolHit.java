package org.jkmod.core;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was found for an address; used again for the next one. */
final class SymbolHit {
    @Nullable
    SymbolArea area;

    /** What the area calls the symbol. */
    int symbol;

    long offset;
    long size;

    /** As a value that stays. */
    SymbolAt toSymbolAt(long address) {
        SymbolArea found = area();
        String module = found.module();
        return new SymbolAt(
                found.name(symbol),
                address - offset,
                offset,
                size,
                module.isEmpty() ? Optional.empty() : Optional.of(module));
    }

    SymbolArea area() {
        if (area == null) {
            throw new IllegalStateException("nothing was found yet");
        }
        return area;
    }
}
