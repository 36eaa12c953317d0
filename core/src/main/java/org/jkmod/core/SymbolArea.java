package org.jkmod.core;

import java.util.function.IntFunction;
import org.jkmod.symtab.AddressIndex;

/**
 * Memory in which the kernel looks for the symbol of an address: its own image, or one memory of a module. Immutable.
 *
 * <p>The symbol is the closest one at or below the address, of aliases the first; its size is the distance to the next one, or to the end
 * of the memory ({@code get_symbol_pos}, kernel/kallsyms.c; {@code find_kallsyms_symbol}, kernel/module/kallsyms.c).
 */
final class SymbolArea {
    /** The smallest that there is. */
    private static final int PAGE = 4096;

    private final AddressRange range;
    private final String module;
    private final AddressIndex index;
    private final IntFunction<String> names;
    /** The index may have others' symbols before this position. */
    private final int first;
    /** What the index calls 0. */
    private final long shift;
    /** Where the last symbol ends; 0 if nobody knows. */
    private final long limit;

    private SymbolArea(
            AddressRange range,
            String module,
            AddressIndex index,
            IntFunction<String> names,
            int first,
            long shift,
            long limit) {
        this.range = range;
        this.module = module;
        this.index = index;
        this.names = names;
        this.first = first;
        this.shift = shift;
        this.limit = limit;
    }

    /**
     * Memory of which both ends are known.
     *
     * @param range where it is
     * @param module whose it is, or "" for the kernel itself
     * @param index its symbols; those in front of the memory are not looked at
     * @param names leads from an id of the index to a name
     * @param limit where the last symbol ends
     */
    static SymbolArea of(AddressRange range, String module, AddressIndex index, IntFunction<String> names, long limit) {
        int first = range.start() == 0 ? 0 : index.floor(range.start() - 1) + 1;
        return new SymbolArea(range, module, index, names, first, 0, limit);
    }

    /**
     * Memory of which only the symbols are known. The last one ends with the page that an address is in.
     *
     * @param first the position of its first symbol
     */
    static SymbolArea ofSymbols(
            AddressRange range, String module, AddressIndex index, IntFunction<String> names, int first) {
        return new SymbolArea(range, module, index, names, first, 0, 0);
    }

    /** The last address of which a symbol can be the last one before memory that nobody knows: perf takes it for so large, too. */
    static long farthestEnd(long lastSymbol) {
        return pageEnd(lastSymbol) + PAGE;
    }

    private static long pageEnd(long address) {
        return (address & -PAGE) + PAGE;
    }

    /** The same at a distance. */
    SymbolArea movedBy(long distance) {
        AddressRange moved = new AddressRange(range.start() + distance, range.size());
        return new SymbolArea(moved, module, index, names, first, shift + distance, limit);
    }

    /** Where it is. */
    AddressRange range() {
        return range;
    }

    /** Whose it is, or "" for the kernel itself. */
    String module() {
        return module;
    }

    /** The name of a symbol that was found. */
    String name(int symbol) {
        return names.apply(symbol);
    }

    /** Finds the symbol of an address in the range; says whether there is one. Allocates nothing. */
    boolean find(long address, SymbolHit hit) {
        long linked = address - shift;
        int position = index.floor(linked);
        if (position < first) {
            return false;
        }
        int alias = Math.max(index.firstAlias(position), first);
        long start = index.address(alias);
        hit.area = this;
        hit.symbol = index.id(alias);
        hit.offset = linked - start;
        hit.size = end(linked, position + 1) - start;
        return true;
    }

    private long end(long linked, int next) {
        long end = limit != 0 ? limit : Math.min(pageEnd(linked) - linked, range.end() - shift - linked) + linked;
        if (next < index.size()) {
            long following = index.address(next);
            // Before Linux 6.4 the limit of a module's data is where its code ends: the size is then negative, there
            // too.
            return Long.compareUnsigned(following, end) < 0 ? following : end;
        }
        return end;
    }
}
