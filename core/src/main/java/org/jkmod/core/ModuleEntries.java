package org.jkmod.core;

import static org.jkmod.elf.Elf.SHT_RELA;

import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.jspecify.annotations.Nullable;

/**
 * Where in a module's {@code struct module} the pointers {@code init} and {@code exit} are. The structure has another layout in every
 * configuration, but the linker fills in nothing else of it: a relocation against {@code init_module} or {@code cleanup_module} tells by
 * its name; against another symbol, one in the first half is {@code init}, which is near the beginning in every kernel, and one in the
 * second half {@code exit}, which is near the end.
 *
 * @param init offset in the memory, or -1
 * @param exit offset in the memory, or -1
 * @param memory the memory that {@code struct module} is in
 */
record ModuleEntries(MemoryType memory, long init, long exit) {
    private static final ModuleEntries NONE = new ModuleEntries(MemoryType.DATA, -1, -1);

    static ModuleEntries of(KernelObject object, ModuleLayout layout) {
        Section struct = object.allocated(KernelObject.THIS_MODULE).orElse(null);
        ModuleLayout.Placement placement = struct == null ? null : layout.placementOf(struct.index());
        if (struct == null || placement == null) {
            return NONE;
        }
        long init = -1;
        long exit = -1;
        for (Section section : object.elf().sections()) {
            if (section.type() != SHT_RELA || section.info() != struct.index()) {
                continue;
            }
            RelocationTable relocations = section.relocations();
            for (int i = 0; i < relocations.count(); i++) {
                long offset = relocations.offset(i);
                if (offset >= 0 && offset < 2 * struct.size()) {
                    if (isInit(object.symbols(), relocations.symbol(i), offset < struct.size() / 2)) {
                        init = placement.offset() + offset;
                    } else {
                        exit = placement.offset() + offset;
                    }
                }
            }
        }
        return new ModuleEntries(placement.memory(), init, exit);
    }

    private static boolean isInit(SymbolTable symbols, int symbol, boolean firstHalf) {
        if (symbol <= 0 || symbol >= symbols.count()) {
            return firstHalf;
        }
        return switch (symbols.name(symbol)) {
            case "init_module" -> true;
            case "cleanup_module" -> false;
            default -> firstHalf;
        };
    }

    /** Reads the pointers of a module that was relocated. */
    void set(KernelModule module) {
        ModuleMemory piece = module.memory().get(memory);
        module.entries(pointer(piece, init), pointer(piece, exit));
    }

    private static long pointer(@Nullable ModuleMemory piece, long at) {
        return piece == null || at < 0 || at > piece.array().length - Long.BYTES
                ? 0
                : LittleEndian.get(piece.array(), (int) at, Long.BYTES);
    }
}
