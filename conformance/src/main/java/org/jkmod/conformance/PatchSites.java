package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.Elf;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/**
 * The places in a module's code that its own tables name for the kernel to patch, after relocation: everything else in code must be
 * what relocation made of it.
 *
 * <p>A table is a row: its section, the size of its entries, where in an entry the address is and in what form, and how many bytes are
 * patched there.
 */
public final class PatchSites {
    /** How a table's entry says where a site is. */
    enum Form {
        /** 32 bits: the distance from this field to the site. */
        PREL32,
        /** 64 bits: the address. */
        ABS64
    }

    /** How many bytes are patched at a site. */
    interface Length {
        /**
         * The number of bytes.
         *
         * @param entry the table's entry
         * @param code the code from the site on
         */
        int of(ByteBuffer entry, ByteBuffer code);
    }

    /** A kind of table. */
    record Table(String section, int entrySize, Form form, Length length) {}

    private static final Length FIVE = (entry, code) -> 5;

    /** x86_64 from Linux 6.1 on; {@code .parainstructions} is gone in later kernels. */
    private static final List<Table> X86_64 = List.of(
            new Table("__mcount_loc", 8, Form.ABS64, FIVE),
            new Table("__patchable_function_entries", 8, Form.ABS64, FIVE),
            new Table(".return_sites", 4, Form.PREL32, FIVE),
            new Table(".static_call_sites", 8, Form.PREL32, (entry, code) -> branchLength(code)),
            new Table(".retpoline_sites", 4, Form.PREL32, (entry, code) -> branchLength(code)),
            new Table(".call_sites", 4, Form.PREL32, FIVE),
            new Table(".smp_locks", 4, Form.PREL32, (entry, code) -> 1),
            new Table(".ibt_endbr_seal", 4, Form.PREL32, (entry, code) -> 4),
            new Table("__jump_table", 16, Form.PREL32, (entry, code) -> jumpLabelLength(code)),
            // void *instr; u8 type; u8 len
            new Table(".parainstructions", 16, Form.ABS64, (entry, code) -> entry.get(9)));

    /** {@code struct alt_instr}: two distances, a 16-bit capability, two lengths; {@code struct jump_entry}: two distances and a key. */
    private static final List<Table> AARCH64 = List.of(
            new Table(".altinstructions", 12, Form.PREL32, (entry, code) -> entry.get(10) & 0xff),
            new Table("__patchable_function_entries", 8, Form.ABS64, (entry, code) -> 16),
            new Table("__jump_table", 16, Form.PREL32, (entry, code) -> 4));

    /** {@code struct alt_entry}: two distances, a vendor, the length of the alternative, a patch id. */
    private static final List<Table> RISCV64 = List.of(
            new Table(".alternative", 16, Form.PREL32, (entry, code) -> entry.getShort(10) & 0xffff),
            new Table("__patchable_function_entries", 8, Form.ABS64, (entry, code) -> 16),
            new Table("__jump_table", 16, Form.PREL32, (entry, code) -> 4));

    /** {@code struct alt_instr} up to 6.2: instrlen at 10 of 12 bytes; since: at 12 of 14. */
    private static final Table ALTERNATIVES_12 =
            new Table(".altinstructions", 12, Form.PREL32, (entry, code) -> entry.get(10) & 0xff);

    private static final Table ALTERNATIVES_14 =
            new Table(".altinstructions", 14, Form.PREL32, (entry, code) -> entry.get(12) & 0xff);

    private final Map<String, ByteBuffer> sections;
    private final Map<String, Long> addresses;
    private final Map<String, BitSet> marks = new HashMap<>();
    private final Map<String, BitSet> unknown = new HashMap<>();

    private PatchSites(Map<String, ByteBuffer> sections, Map<String, Long> addresses) {
        this.sections = sections;
        this.addresses = addresses;
    }

    /**
     * Marks the sites of a module.
     *
     * @param sections its relocated sections
     * @param addresses where they are
     * @param release of its kernel
     */
    static PatchSites of(
            KernelObject object, Map<String, ByteBuffer> sections, Map<String, Long> addresses, String release) {
        PatchSites sites = new PatchSites(sections, addresses);
        boolean old = release.startsWith("6.1.");
        switch (object.architecture().name()) {
            case "x86_64" -> {
                X86_64.forEach(sites::mark);
                sites.mark(old ? ALTERNATIVES_12 : ALTERNATIVES_14);
                // Trampolines are jumps that the kernel points elsewhere, all of them.
                sites.markAll(".static_call.text");
            }
            case "aarch64" -> {
                AARCH64.forEach(sites::mark);
                // Stubs that the kernel points to its own tracer.
                sites.markAll(".text.ftrace_trampoline");
                sites.markAll(".init.text.ftrace_trampoline");
            }
            case "riscv64" -> RISCV64.forEach(sites::mark);
            default ->
                throw new IllegalArgumentException(
                        "no patch sites known of " + object.architecture().name());
        }
        return sites;
    }

    /**
     * Marks the places of relocations whose symbols nobody knows the addresses of: eight bytes each are as good as unknown.
     *
     * @param unplaced sections of the module that were nobody knows where
     * @param imports names of such symbols of other modules
     */
    void markReferences(KernelObject object, List<String> unplaced, Set<String> imports) {
        if (unplaced.isEmpty() && imports.isEmpty()) {
            return;
        }
        for (Section section : object.elf().sections()) {
            if (section.type() != Elf.SHT_RELA) {
                continue;
            }
            RelocationTable table = section.relocations();
            for (int i = 0; i < table.count(); i++) {
                if (isUnknown(object, table.symbol(i), unplaced, imports)) {
                    int place = (int) table.offset(i);
                    unknown.computeIfAbsent(table.target().name(), s -> new BitSet())
                            .set(place, place + 8);
                }
            }
        }
    }

    private static boolean isUnknown(KernelObject object, int symbol, List<String> unplaced, Set<String> imports) {
        int to = object.symbols().rawSectionIndex(symbol);
        if (to == Elf.SHN_UNDEF) {
            return !imports.isEmpty() && imports.contains(object.symbols().name(symbol));
        }
        return to < object.elf().sectionCount()
                && unplaced.contains(object.elf().section(to).name());
    }

    private void markAll(String section) {
        ByteBuffer bytes = sections.get(section);
        if (bytes != null) {
            mark(section, 0, bytes.limit());
        }
    }

    /** Whether a table names a byte of a section. */
    boolean contains(String section, int offset) {
        BitSet marked = marks.get(section);
        return marked != null && marked.get(offset);
    }

    /** Whether a byte of a section depends on an address that nobody knows. */
    boolean isUnknown(String section, int offset) {
        BitSet marked = unknown.get(section);
        return marked != null && marked.get(offset);
    }

    private void mark(Table table) {
        ByteBuffer entries = sections.get(table.section());
        Long address = addresses.get(table.section());
        if (entries == null || address == null) {
            return;
        }
        for (int at = 0; at + table.entrySize() <= entries.limit(); at += table.entrySize()) {
            ByteBuffer entry = entries.slice(at, table.entrySize()).order(entries.order());
            long site = table.form() == Form.ABS64 ? entry.getLong(0) : address + at + entry.getInt(0);
            sections.forEach((name, section) -> {
                Long start = addresses.get(name);
                if (start != null && site >= start && site < start + section.limit()) {
                    int offset = (int) (site - start);
                    ByteBuffer code =
                            section.slice(offset, section.limit() - offset).order(section.order());
                    mark(name, offset, table.length().of(entry, code));
                }
            });
        }
    }

    private void mark(String section, int offset, int length) {
        marks.computeIfAbsent(section, s -> new BitSet()).set(offset, offset + length);
    }

    /** A call or jump with a 32-bit distance: 5 bytes, a conditional one 6, and one more for a segment prefix. */
    private static int branchLength(ByteBuffer code) {
        int prefix = code.get(0) == 0x2e ? 1 : 0;
        return prefix + ((code.get(prefix) & 0xff) == 0x0f ? 6 : 5);
    }

    /** {@code arch_jump_entry_size}: a jump or a no-op, of 2 or of 5 bytes. */
    private static int jumpLabelLength(ByteBuffer code) {
        int first = code.get(0) & 0xff;
        return first == 0xeb || first == 0x66 ? 2 : 5;
    }
}
