package org.jkmod.core;

/**
 * Pages of module memory that are next to each other and of one kind.
 *
 * @param range their addresses
 * @param module name of the module whose they are; empty for a block of code that no module uses
 * @param type what they hold; of kernels with a core and an init layout, what that part of the layout does
 * @param permissions what may be done with them now
 * @param guard how many bytes behind them belong to them and are not mapped
 */
public record MemoryMapping(
        AddressRange range, String module, MemoryType type, PagePermissions permissions, long guard) {}
