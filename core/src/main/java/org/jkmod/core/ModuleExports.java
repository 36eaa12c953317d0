package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.Section;

/**
 * Reads what a module exports from its relocated memory ({@code find_module_sections}: {@code struct kernel_symbol[]}, CRCs, flags)
 * and offers it to others ({@code verify_exported_symbols}, {@code complete_formation}).
 */
final class ModuleExports {
    private static final int KSYM_FLAG_GPL_ONLY = 1;
    private static final int FIELDS = 3;

    private final Kernel kernel;
    private final KernelModule module;
    private final KernelObject object;
    private final ModuleLayout layout;
    private final boolean prel32;

    private ModuleExports(Kernel kernel, KernelModule module, KernelObject object, ModuleLayout layout) {
        this.kernel = kernel;
        this.module = module;
        this.object = object;
        this.layout = layout;
        this.prel32 = kernel.profile().architecture().facts().prel32();
    }

    private record Found(int id, long value, OptionalInt crc, boolean gplOnly, String namespace) {}

    private final List<Found> found = new ArrayList<>();

    /**
     * Reads the exports, and offers them if that is wanted; returns their rows.
     *
     * @throws LoadProblem if one is exported already
     */
    static int[] offer(Kernel kernel, KernelModule module, KernelObject object, ModuleLayout layout, boolean offered) {
        ModuleExports exports = new ModuleExports(kernel, module, object, layout);
        for (String section : kernel.profile().generation().exportTables().sections) {
            exports.read(section);
        }
        exports.verify(offered);
        return offered ? exports.offer() : new int[0];
    }

    private void read(String table) {
        String suffix = table.substring("__ksymtab".length());
        Memory symbols = memory(table);
        Memory crcs = memory("__kcrctab" + suffix);
        Memory flags = memory("__kflagstab");
        int word = prel32 ? 4 : 8;
        int entry = FIELDS * word;
        int count = symbols.size / entry;
        for (int i = 0; i < count; i++) {
            int at = i * entry;
            long value = pointer(symbols, at, word);
            long name = pointer(symbols, at + word, word);
            long namespace = isNull(symbols, at + 2 * word, word) ? 0 : pointer(symbols, at + 2 * word, word);
            boolean hasCrc = crcs.size >= 4 * (i + 1);
            boolean gplOnly =
                    suffix.equals("_gpl") || (flags.size > i && (flags.bytes[flags.at + i] & KSYM_FLAG_GPL_ONLY) != 0);
            int id = intern(name);
            found.add(new Found(
                    id,
                    value,
                    hasCrc
                            ? OptionalInt.of((int) LittleEndian.get32(crcs.bytes, crcs.at + 4 * i))
                            : OptionalInt.empty(),
                    gplOnly,
                    namespace == 0 ? "" : string(namespace)));
        }
    }

    /** A section's bytes in memory; size 0 if it is not there. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Memory(byte[] bytes, int at, int size, long address) {}

    private Memory memory(String section) {
        Placement placement = object.allocated(section)
                .map(Section::index)
                .flatMap(layout::of)
                .filter(p -> module.memory().containsKey(p.memory()))
                .orElse(null);
        if (placement == null) {
            return new Memory(new byte[0], 0, 0, 0);
        }
        ModuleMemory piece = module.memory(placement.memory());
        SectionMemory bytes = piece.section(placement);
        return new Memory(bytes.image(), bytes.base(), bytes.size(), bytes.address());
    }

    private static boolean isNull(Memory table, int at, int word) {
        return LittleEndian.get(table.bytes, table.at + at, word) == 0;
    }

    /** {@code offset_to_ptr}, or a plain pointer. */
    private long pointer(Memory table, int at, int word) {
        long raw = LittleEndian.get(table.bytes, table.at + at, word);
        return prel32 ? table.address + at + (int) raw : raw;
    }

    private int intern(long address) {
        ModuleMemory piece = piece(address);
        int at = (int) (address - piece.base());
        return kernel.exports().intern(piece.array(), at, length(piece, at));
    }

    private String string(long address) {
        ModuleMemory piece = piece(address);
        int at = (int) (address - piece.base());
        int length = length(piece, at);
        return new String(piece.array(), at, length, StandardCharsets.ISO_8859_1);
    }

    private ModuleMemory piece(long address) {
        for (ModuleMemory piece : module.memory().values()) {
            if (Long.compareUnsigned(address - piece.base(), piece.array().length) < 0) {
                return piece;
            }
        }
        throw wild(address);
    }

    private int length(ModuleMemory piece, int at) {
        int end = at;
        while (end < piece.array().length && piece.array()[end] != 0) {
            end++;
        }
        if (end == piece.array().length) {
            throw wild(piece.base() + at);
        }
        return end - at;
    }

    private LoadProblem wild(long address) {
        return ModuleChecks.unchecked("an export's name is said to be at 0x" + Long.toHexString(address)
                + ", which is none of the module's memory");
    }

    /** {@code verify_exported_symbols}. */
    private void verify(boolean offered) {
        Exports exports = kernel.exports();
        for (Found symbol : found) {
            KernelModule owner = exports.owner(symbol.id);
            // in a check of a module that is there already, its own exports are not what is wrong
            boolean own = !offered && owner != null && owner.name().equals(module.name());
            if (exports.isExported(symbol.id) && !own) {
                String name = exports.name(symbol.id);
                String by = owner == null ? "kernel" : owner.name();
                throw new LoadProblem(
                        Kind.DUPLICATE_EXPORT,
                        Errno.ENOEXEC,
                        module.name() + ": exports duplicate symbol " + name + " (owned by " + by + ")",
                        "the symbol is exported already, by " + by,
                        "unload " + by + " or rename the symbol");
            }
        }
    }

    private int[] offer() {
        Exports exports = kernel.exports();
        int[] rows = new int[found.size()];
        for (int i = 0; i < rows.length; i++) {
            Found s = found.get(i);
            exports.add(s.id, s.value, s.crc, s.gplOnly, s.namespace, module);
            rows[i] = s.id;
        }
        return rows;
    }
}
