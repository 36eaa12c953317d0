package org.jkmod.symtab;

import java.util.Arrays;
import java.util.Optional;
import org.jkmod.elf.MalformedInputException;

/**
 * The tables of what a kernel exports, as include/linux/export.h and scripts/module.lds lay them out one behind the other:
 *
 * <pre>
 * __ksymtab           an entry an export: its address, its name, its namespace; in the order of names
 * __ksymtab_gpl       the same of those for GPL-compatible modules; up to 6.18
 * __kcrctab           u32 an entry; with CONFIG_MODVERSIONS only
 * __kcrctab_gpl
 * __kflagstab         u8 an entry; since 6.19, in place of the tables of their own: bit 0 is GPL only
 * __ksymtab_strings   names and namespaces
 * </pre>
 *
 * <p>An entry is three distances, of 32 bits, each from the place where it stands (CONFIG_HAVE_ARCH_PREL32_RELOCATIONS: x86_64,
 * aarch64), or three addresses (riscv64). Nothing in an image without symbols points to the tables, so they are known by their form: a
 * long run of entries that lead to names, in order, with the strings soon behind; the gap up to these says which of the other tables there
 * are.
 */
final class ExportTables {
    /** A kernel exports thousands; what looks like fewer is something else. */
    private static final int MIN_RUN = 64;

    /** {@code KSYM_NAME_LEN}. */
    private static final int MAX_NAME = 512;
    /** Padding between tables is less. */
    private static final int MAX_PADDING = 16;

    /** How many characters of what may be names are looked at; Debian's kernels have some millions. */
    private static final long MAX_CHARACTERS = 1L << 31;

    private static final int GPL_ONLY = 1;
    /** A kernel's image begins at a multiple of so much: PMD_SIZE. */
    private static final long BASE_ALIGNMENT = 1L << 21;

    private final KernelMemory memory;
    private final boolean relative;
    /** The address of the file's first byte; for addresses only. */
    private long base;

    private long characters;

    private ExportTables(KernelMemory memory, boolean relative) {
        this.memory = memory;
        this.relative = relative;
    }

    /**
     * Reads the exports; empty if there are no such tables.
     *
     * @throws MalformedInputException if more looks like exports than a kernel can have
     */
    static Optional<ModuleSymvers> read(KernelMemory memory) {
        Optional<ModuleSymvers> found = new ExportTables(memory, true).find();
        return found.isPresent() ? found : new ExportTables(memory, false).findAddresses();
    }

    private Optional<ModuleSymvers> findAddresses() {
        int entry = entrySize();
        for (int at = 0; at <= memory.length() - MIN_RUN * entry; at += Long.BYTES) {
            if (!looksLikeAddresses(at) || !looksLikeAddresses(at + (MIN_RUN - 1) * entry)) {
                continue;
            }
            // The strings are behind the table, and no further away than the file's end.
            long name = memory.u64(at + Long.BYTES);
            long highest = (name - at) & -BASE_ALIGNMENT;
            for (base = highest; name - base < memory.length() && base < 0; base -= BASE_ALIGNMENT) {
                int end = tableFrom(at);
                if ((end - at) / entry >= MIN_RUN) {
                    Optional<ModuleSymvers> found = decode(at, end);
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Addresses of a kernel are negative numbers, and those of one kernel are near each other. */
    private boolean looksLikeAddresses(int at) {
        long value = memory.u64(at);
        long name = memory.u64(at + Long.BYTES);
        long namespace = memory.u64(at + 2 * Long.BYTES);
        return name < 0
                && name != namespace
                && Math.abs(name - namespace) < Integer.MAX_VALUE
                && Math.abs(name - value) < Integer.MAX_VALUE;
    }

    private int entrySize() {
        return relative ? 3 * Integer.BYTES : 3 * Long.BYTES;
    }

    private Optional<ModuleSymvers> find() {
        int at = 0;
        while (at <= memory.length() - MIN_RUN * entrySize()) {
            int end = tableFrom(at);
            if ((end - at) / entrySize() >= MIN_RUN) {
                Optional<ModuleSymvers> found = decode(at, end);
                if (found.isPresent()) {
                    return found;
                }
            }
            at = Math.max(at + Integer.BYTES, end - entrySize());
        }
        return Optional.empty();
    }

    /** Where the table ends that begins at a place: its names ascend. */
    private int tableFrom(int start) {
        int at = start;
        int last = 0;
        int lastLength = 0;
        while (at <= memory.length() - entrySize()) {
            int name = name(at);
            int length = stringLength(name);
            if (length <= 0
                    || stringLength(namespace(at)) < 0
                    || (at > start && compare(last, lastLength, name, length) >= 0)) {
                break;
            }
            last = name;
            lastLength = length;
            at += entrySize();
        }
        return at;
    }

    private int name(int entry) {
        return relative ? target(entry + Integer.BYTES) : target(entry + Long.BYTES);
    }

    /** A distance of 0, which entries made by assembly have in 6.1, leads to itself: an empty string. */
    private int namespace(int entry) {
        return relative ? target(entry + 2 * Integer.BYTES) : target(entry + 2 * Long.BYTES);
    }

    /** The place in the file that a reference leads to, or -1. Only strings are asked for: they are in one piece with the tables. */
    private int target(int place) {
        long target = relative ? (long) place + memory.s32(place) : memory.u64(place) - base;
        return target >= place && target < memory.length() ? (int) target : -1;
    }

    /** The length of a string of visible characters that begins at a place; -1 if none does. It may be the end of a longer one. */
    private int stringLength(int start) {
        if (start < 0) {
            return -1;
        }
        int at = start;
        while (at < memory.length() && memory.u8(at) > ' ' && memory.u8(at) < 0x7f && at - start < MAX_NAME) {
            at++;
        }
        characters += at - start;
        if (characters > MAX_CHARACTERS) {
            throw new MalformedInputException(
                    memory.name(), "__ksymtab", start, "too much that looks like exports", "those of a kernel");
        }
        return at < memory.length() && memory.u8(at) == 0 ? at - start : -1;
    }

    /** Reads a table, and what is behind it: another one for GPL-compatible modules perhaps. */
    private Optional<ModuleSymvers> decode(int start, int gplStart) {
        int end = tableFrom(gplStart);
        int count = (end - start) / entrySize();
        int strings = memory.length();
        for (int entry = start; entry < end; entry += entrySize()) {
            strings = Math.min(strings, name(entry));
            if (namespace(entry) >= end) {
                strings = Math.min(strings, namespace(entry));
            }
        }
        int gap = strings - end;
        boolean crcs = isTable(gap, count * Integer.BYTES) || isTable(gap, count * (Integer.BYTES + 1));
        boolean flags = isTable(gap, count) || isTable(gap, count * (Integer.BYTES + 1));
        if (!crcs && !flags && !isTable(gap, 0)) {
            return Optional.empty();
        }
        int flagTable = end + (crcs ? count * Integer.BYTES : 0);
        ModuleSymvers.Columns columns = new ModuleSymvers.Columns(count);
        for (int i = 0; i < count; i++) {
            int entry = start + i * entrySize();
            columns.add(
                    memory.bytes(),
                    name(entry),
                    stringLength(name(entry)),
                    crcs ? memory.s32(end + i * Integer.BYTES) : 0,
                    flags ? (memory.u8(flagTable + i) & GPL_ONLY) != 0 : entry >= gplStart,
                    namespace(entry),
                    stringLength(namespace(entry)));
        }
        return columns.size() == count ? Optional.of(columns.of("vmlinux")) : Optional.empty();
    }

    private static boolean isTable(int gap, int size) {
        return gap >= size && gap - size < MAX_PADDING;
    }

    private int compare(int a, int lengthOfA, int b, int lengthOfB) {
        return Arrays.compareUnsigned(memory.bytes(), a, a + lengthOfA, memory.bytes(), b, b + lengthOfB);
    }
}
