package org.jkmod.kmod;

import java.util.Optional;
import org.jkmod.symtab.Glob;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jkmod.symtab.SymbolTable;

/** The rows of a {@link KernelSymbolFile} whose names match a pattern, in the order of the file, or, of a saved table, of addresses. */
public final class SymbolListing {
    /** Hears of symbols. */
    public interface Symbols<E extends Exception> {
        /**
         * A symbol.
         *
         * @param module the module it is in, or "" for the kernel itself
         */
        void symbol(long address, char type, String name, String module) throws E;
    }

    /** Hears of exports. */
    public interface Exports<E extends Exception> {
        /** An export: a row of the exports that were given. */
        void export(ModuleSymvers exports, int export) throws E;
    }

    private final KernelSymbolFile file;
    private final Optional<Glob> pattern;

    /**
     * Begins.
     *
     * @param pattern which names; empty for all
     */
    public SymbolListing(KernelSymbolFile file, Optional<Glob> pattern) {
        this.file = file;
        this.pattern = pattern;
    }

    /** Tells the symbols. */
    public <E extends Exception> void forEachSymbol(Symbols<E> to) throws E {
        if (file.kallsyms().isPresent()) {
            Kallsyms symbols = file.kallsyms().get();
            for (int symbol = 0; symbol < symbols.size(); symbol++) {
                String name = symbols.name(symbol);
                if (matches(name)) {
                    to.symbol(symbols.address(symbol), symbols.type(symbol), name, symbols.module(symbol));
                }
            }
        } else if (file.table().isPresent()) {
            SymbolTable symbols = file.table().get();
            for (int symbol = 0; symbol < symbols.size(); symbol++) {
                String name = symbols.name(symbol);
                if (matches(name)) {
                    to.symbol(symbols.address(symbol), symbols.type(symbol), name, symbols.module(symbol));
                }
            }
        }
    }

    /** Tells the exports. */
    public <E extends Exception> void forEachExport(Exports<E> to) throws E {
        if (file.exports().isPresent()) {
            ModuleSymvers exports = file.exports().get();
            for (int export = 0; export < exports.size(); export++) {
                if (matches(exports.name(export))) {
                    to.export(exports, export);
                }
            }
        }
    }

    private boolean matches(String name) {
        return pattern.isEmpty() || pattern.get().matches(name);
    }
}
