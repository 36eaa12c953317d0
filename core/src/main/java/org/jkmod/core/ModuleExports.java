package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * What a module exports: read from its relocated memory ({@code find_module_sections}: {@code struct kernel_symbol[]}, CRCs, flags), and
 * offered to others ({@code verify_exported_symbols}, {@code complete_formation}). Only the latter needs the kernel's lock.
 */
final class ModuleExports {
    private static final int KSYM_FLAG_GPL_ONLY = 1;
    private static final int FIELDS = 3;

    private final KernelModule module;
    private final KernelObject object;
    private final ModuleLayout layout;
    private final boolean prel32;

    private ModuleExports(KernelProfile profile, KernelModule module, KernelObject object, ModuleLayout layout) {
        this.module = module;
        this.object = object;
        this.layout = layout;
        this.prel32 = profile.architecture().facts().prel32();
    }

    /** A NUL-terminated string in the module's memory. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Name(byte[] bytes, int at, int length) {
        String text() {
            return length == 0 ? "" : new String(bytes, at, length, StandardCharsets.ISO_8859_1);
        }
    }

    private record Found(Name name, long value, OptionalInt crc, boolean gplOnly, String namespace) {}

    private final List<Found> found = new ArrayList<>();
    private @Nullable LoadProblem fault;
    /** What the last name was in: mostly the next one is, too. */
    private @Nullable ModuleMemory lastPiece;

    /** Reads the exports of a module that was relocated; what is wrong with them, {@link #offer} says. */
    static ModuleExports read(KernelProfile profile, KernelModule module, KernelObject object, ModuleLayout layout) {
        ModuleExports exports = new ModuleExports(profile, module, object, layout);
        try {
            for (String section : profile.generation().exportTables().sections) {
                exports.read(section);
            }
        } catch (LoadProblem e) {
            exports.fault = e;
        }
        return exports;
    }

    /**
     * Offers the exports, if that is wanted; returns their rows.
     *
     * @throws LoadProblem if they cannot be read, or one is exported already
     */
    int[] offer(Exports exports, boolean offered) {
        if (fault != null) {
            throw fault;
        }
        int[] rows = new int[found.size()];
        for (int i = 0; i < rows.length; i++) {
            Name name = found.get(i).name;
            rows[i] = exports.intern(name.bytes, name.at, name.length);
        }
        verify(exports, rows, offered);
        if (!offered) {
            return new int[0];
        }
        for (int i = 0; i < rows.length; i++) {
            Found s = found.get(i);
            exports.add(rows[i], s.value, s.crc, s.gplOnly, s.namespace, module);
        }
        return rows;
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
            found.add(new Found(
                    name(name),
                    value,
                    hasCrc
                            ? OptionalInt.of((int) LittleEndian.get32(crcs.bytes, crcs.at + 4 * i))
                            : OptionalInt.empty(),
                    gplOnly,
                    namespace == 0 ? "" : name(namespace).text()));
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

    private Name name(long address) {
        ModuleMemory piece = piece(address);
        int at = (int) (address - piece.base());
        return new Name(piece.array(), at, length(piece, at));
    }

    private ModuleMemory piece(long address) {
        ModuleMemory last = lastPiece;
        if (last != null && Long.compareUnsigned(address - last.base(), last.length()) < 0) {
            return last;
        }
        for (ModuleMemory piece : module.memory().values()) {
            if (Long.compareUnsigned(address - piece.base(), piece.length()) < 0) {
                lastPiece = piece;
                return piece;
            }
        }
        throw wild(address);
    }

    private int length(ModuleMemory piece, int at) {
        int end = at;
        while (end < piece.length() && piece.array()[end] != 0) {
            end++;
        }
        if (end == piece.length()) {
            throw wild(piece.base() + at);
        }
        return end - at;
    }

    private LoadProblem wild(long address) {
        return ModuleChecks.unchecked("an export's name is said to be at 0x" + Long.toHexString(address)
                + ", which is none of the module's memory");
    }

    /** {@code verify_exported_symbols}. */
    private void verify(Exports exports, int[] rows, boolean offered) {
        for (int row : rows) {
            KernelModule owner = exports.owner(row);
            // in a check of a module that is there already, its own exports are not what is wrong
            boolean own = !offered && owner != null && owner.name().equals(module.name());
            if (exports.isExported(row) && !own) {
                String name = exports.name(row);
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
}
