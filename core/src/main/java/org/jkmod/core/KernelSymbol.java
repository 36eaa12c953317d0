package org.jkmod.core;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * An exported symbol ({@code struct kernel_symbol} and what the tables beside it say).
 *
 * @param name the symbol's name
 * @param value its address
 * @param crc the checksum of its type ({@code CONFIG_MODVERSIONS}), if the exporter has any
 * @param gplOnly whether only modules under a GPL-compatible licence may use it ({@code EXPORT_SYMBOL_GPL})
 * @param namespace the namespace it was exported to, empty for none
 * @param owner name of the module that exports it; empty for the kernel itself
 */
public record KernelSymbol(
        String name, long value, OptionalInt crc, boolean gplOnly, String namespace, Optional<String> owner) {}
