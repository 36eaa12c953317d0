package org.jkmod.core;

import java.util.Optional;

/**
 * An address as a symbol and a distance from it ({@code sprint_symbol}, kernel/kallsyms.c).
 *
 * @param name the symbol's name
 * @param address its address
 * @param offset how far behind it the address in question lies, in bytes
 * @param size how far it is to the next symbol, in bytes
 * @param module the module it is in; empty for the kernel itself
 */
public record SymbolAt(String name, long address, long offset, long size, Optional<String> module) {
    /** As oopses print it: {@code fat_fill_super+0x42/0x9a0 [fat]}. */
    @Override
    public String toString() {
        return name + "+0x" + Long.toHexString(offset) + "/0x" + Long.toHexString(size)
                + module.map(m -> " [" + m + "]").orElse("");
    }
}
