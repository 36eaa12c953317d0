package org.jkmod.core;

import com.google.common.base.Suppliers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.symtab.NameTable;

/**
 * The checksums of the symbols that a module was built against ({@code CONFIG_MODVERSIONS}): {@code struct modversion_info[]} in
 * {@code __versions}, or, where names are longer than those structures hold, {@code __version_ext_crcs} with
 * {@code __version_ext_names} (kernel/module/version.c). Immutable.
 */
public final class SymbolVersions {
    /** {@code sizeof(struct modversion_info)}: an unsigned long and a name make 64 bytes in every kernel. */
    private static final int ENTRY = 64;

    static final String SECTION = "__versions";
    static final String EXTENDED_CRCS = "__version_ext_crcs";
    static final String EXTENDED_NAMES = "__version_ext_names";

    private final byte[] bytes;
    private final boolean extended;
    private final int[] nameStart;
    private final int[] nameLength;
    private final int[] crc;
    private final Supplier<int[]> index = Suppliers.memoize(this::index);

    private SymbolVersions(byte[] bytes, int count, boolean extended) {
        this.bytes = bytes;
        this.extended = extended;
        this.nameStart = new int[count];
        this.nameLength = new int[count];
        this.crc = new int[count];
    }

    /** Reads {@code __versions}; a rest that is no whole entry is passed over, as the kernel passes over it. */
    static SymbolVersions parse(Section section) {
        int start = section.start();
        int count = section.isEmptyInFile() ? 0 : (int) (section.size() / ENTRY);
        int word = section.file().elfClass().addressSize();
        SymbolVersions versions = new SymbolVersions(section.file().array(), count, false);
        for (int i = 0; i < count; i++) {
            int at = start + i * ENTRY;
            versions.crc[i] = section.bytes().getInt(i * ENTRY);
            versions.nameStart[i] = at + word;
            versions.nameLength[i] = length(versions.bytes, at + word, at + ENTRY);
        }
        return versions;
    }

    /**
     * Reads the extended form.
     *
     * @throws MalformedInputException if there are fewer names than checksums
     */
    static SymbolVersions parseExtended(Section crcs, Section names) {
        int count = crcs.isEmptyInFile() ? 0 : (int) (crcs.size() / 4);
        SymbolVersions versions = new SymbolVersions(crcs.file().array(), count, true);
        int at = names.start();
        int end = at + (names.isEmptyInFile() ? 0 : (int) names.size());
        for (int i = 0; i < count; i++) {
            int length = length(versions.bytes, at, end);
            if (at + length >= end) {
                throw new MalformedInputException(
                        names.file().name(),
                        "__version_ext_names",
                        at,
                        i + " names",
                        "one NUL-terminated name for each of " + count + " checksums");
            }
            versions.crc[i] = crcs.bytes().getInt(4 * i);
            versions.nameStart[i] = at;
            versions.nameLength[i] = length;
            at += length + 1;
        }
        return versions;
    }

    /** Whether there is a name for each checksum of the extended form. */
    static boolean hasNames(Section crcs, Section names) {
        int left = crcs.isEmptyInFile() ? 0 : (int) (crcs.size() / 4);
        int at = names.start();
        int end = at + (names.isEmptyInFile() ? 0 : (int) names.size());
        for (; left > 0; left--) {
            at += length(names.file().array(), at, end) + 1;
            if (at > end) {
                return false;
            }
        }
        return true;
    }

    /** Whether this is the extended form, in which a symbol may be missing. */
    boolean isExtended() {
        return extended;
    }

    private static int length(byte[] bytes, int from, int limit) {
        int end = from;
        while (end < limit && bytes[end] != 0) {
            end++;
        }
        return end - from;
    }

    /** Number of entries. */
    public int size() {
        return crc.length;
    }

    /** Name of the symbol of an entry. */
    public String name(int index) {
        return new String(bytes, nameStart[index], nameLength[index], StandardCharsets.ISO_8859_1);
    }

    /** Checksum of an entry. */
    public int crc(int index) {
        return crc[index];
    }

    /**
     * The first entry of a name, or -1.
     *
     * @param hint where to look first: the tables are in the order of the symbol table, so that the entry behind the last one found
     *     is every other time the next one wanted
     */
    int find(byte[] name, int offset, int length, int hint) {
        if (hint >= 0 && hint < crc.length && matches(hint, name, offset, length)) {
            return hint;
        }
        int[] slots = index.get();
        int slot = slot(slots, name, offset, length);
        return slots[slot] - 1;
    }

    /** A hash table of the entries by name, 1 more than their numbers, for the look-ups that come in another order. */
    private int[] index() {
        int[] slots = new int[Integer.highestOneBit(Math.max(1, crc.length)) << 2];
        for (int i = 0; i < crc.length; i++) {
            int slot = slot(slots, bytes, nameStart[i], nameLength[i]);
            if (slots[slot] == 0) {
                slots[slot] = i + 1;
            }
        }
        return slots;
    }

    /** Where the first entry of a name is, or would be. */
    private int slot(int[] slots, byte[] name, int offset, int length) {
        int mask = slots.length - 1;
        int slot = (int) NameTable.hashOf(name, offset, length) & mask;
        while (slots[slot] != 0 && !matches(slots[slot] - 1, name, offset, length)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private boolean matches(int i, byte[] name, int offset, int length) {
        return nameLength[i] == length
                && Arrays.equals(bytes, nameStart[i], nameStart[i] + length, name, offset, offset + length);
    }
}
