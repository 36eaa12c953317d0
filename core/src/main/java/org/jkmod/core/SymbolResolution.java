package org.jkmod.core;

import static org.jkmod.elf.Elf.SHN_ABS;
import static org.jkmod.elf.Elf.SHN_COMMON;
import static org.jkmod.elf.Elf.SHN_LIVEPATCH;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.STB_WEAK;

import org.jkmod.elf.SymbolTable;

/**
 * Gives every symbol of a module its address ({@code simplify_symbols}, kernel/module/main.c): what is defined in a section gets the
 * section's address, what is undefined is looked for among the imports.
 */
final class SymbolResolution {
    /** Finds imports, and says what is wrong with symbols. */
    interface Imports {
        /**
         * Resolves an import.
         *
         * @param name where in the file's bytes its name is
         * @param length of the name in bytes
         * @param symbol its index
         * @param weak whether the module can do without it: then, and if it is not there at all, 0 is its value
         */
        long resolve(int name, int length, int symbol, boolean weak);

        /** A symbol is in a common block, or in a section that does not exist. */
        void invalid(int symbol, int sectionIndex);
    }

    private SymbolResolution() {}

    /**
     * The addresses of all symbols by index.
     *
     * @param sectionAddress the sections' addresses by index, 0 for those without memory
     */
    static long[] resolve(KernelObject object, long[] sectionAddress, Imports imports) {
        SymbolTable symbols = object.symbols();
        long[] values = new long[symbols.count()];
        for (int i = 1; i < values.length; i++) {
            int section = symbols.rawSectionIndex(i);
            long value = symbols.value(i);
            values[i] = switch (section) {
                case SHN_UNDEF -> {
                    long name = symbols.nameOffset(i);
                    int length = symbols.strings().length(name);
                    yield imports.resolve(
                            symbols.strings().start() + (int) name, length, i, symbols.binding(i) == STB_WEAK);
                }
                case SHN_ABS, SHN_LIVEPATCH -> value;
                case SHN_COMMON -> {
                    if (!symbols.name(i).startsWith("__gnu_lto")) {
                        imports.invalid(i, section);
                    }
                    yield value;
                }
                default -> {
                    if (section >= sectionAddress.length) {
                        imports.invalid(i, section);
                        yield value;
                    }
                    yield value + sectionAddress[section];
                }
            };
        }
        return values;
    }
}
