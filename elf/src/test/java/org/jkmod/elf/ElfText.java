package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An object's content as rows that can be compared: read from the text that {@code readelf -W -h -S -s -r -n -g} prints
 * ({@link ReadelfParser}), or from jkmod's own accessors ({@link #of}). The two ways share nothing but the rows.
 *
 * @param header the ELF header
 * @param sections by index
 * @param symbols of {@code .symtab}, by index
 * @param relocations by the file offset of their section
 * @param notes by section name
 * @param groups in the sections' order
 */
record ElfText(
        Header header,
        List<SectionRow> sections,
        List<SymbolRow> symbols,
        Map<Long, List<RelocationRow>> relocations,
        Map<String, List<NoteRow>> notes,
        List<GroupRow> groups) {

    record Header(
            int elfClass,
            String order,
            String type,
            String machine,
            long entry,
            int flags,
            int sectionCount,
            int sectionNameIndex) {}

    record SectionRow(
            int index,
            String name,
            String type,
            long address,
            long offset,
            long size,
            long entsize,
            String flags,
            int link,
            int info,
            long align) {}

    record SymbolRow(
            int index,
            String name,
            long value,
            long size,
            String type,
            String binding,
            String visibility,
            String sectionIndex) {}

    record RelocationRow(long offset, int type, int symbol, String symbolName, long addend) {}

    /** The type is -1, and the descriptor empty, where readelf prints a meaning instead of the bytes. */
    record NoteRow(String owner, int type, int size, String descriptor) {}

    record GroupRow(int index, String flags, String signature, List<String> members) {}

    /** Fails at the first of two long lists' rows that differ, and shows these two only. */
    static <T> void assertSameRows(String what, List<T> actual, List<T> expected) {
        for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
            if (!actual.get(i).equals(expected.get(i))) {
                assertThat(actual.get(i)).as("%s %d", what, i).isEqualTo(expected.get(i));
            }
        }
        assertThat(actual.size()).as("number of %s", what).isEqualTo(expected.size());
    }

    // Figures 4-9, 4-16 and 4-17 of the gABI, in readelf's spelling; chapter 4's flags in the order in which readelf
    // prints
    // them, which is from the lowest bit up.
    private static final Map<Integer, String> SECTION_TYPES = Map.ofEntries(
            Map.entry(0, "NULL"),
            Map.entry(1, "PROGBITS"),
            Map.entry(2, "SYMTAB"),
            Map.entry(3, "STRTAB"),
            Map.entry(4, "RELA"),
            Map.entry(7, "NOTE"),
            Map.entry(8, "NOBITS"),
            Map.entry(9, "REL"),
            Map.entry(14, "INIT_ARRAY"),
            Map.entry(15, "FINI_ARRAY"),
            Map.entry(17, "GROUP"),
            Map.entry(18, "SYMTAB SECTION INDICES"));
    /** Section type {@code SHT_LOPROC} + 3, by machine. */
    private static final Map<Integer, String> ATTRIBUTES = Map.of(183, "AARCH64_ATTRIBUTES", 243, "RISCV_ATTRIBUTES");

    private static final Map<Integer, String> SYMBOL_TYPES =
            Map.of(0, "NOTYPE", 1, "OBJECT", 2, "FUNC", 3, "SECTION", 4, "FILE", 5, "COMMON", 6, "TLS");
    private static final Map<Integer, String> BINDINGS = Map.of(0, "LOCAL", 1, "GLOBAL", 2, "WEAK");
    private static final Map<Integer, String> VISIBILITIES =
            Map.of(0, "DEFAULT", 1, "INTERNAL", 2, "HIDDEN", 3, "PROTECTED");
    private static final Map<Integer, String> FILE_TYPES = Map.of(1, "REL", 2, "EXEC", 3, "DYN");
    private static final Map<Integer, String> MACHINES = Map.of(
            3, "Intel 80386",
            20, "PowerPC",
            22, "IBM S/390",
            62, "Advanced Micro Devices X86-64",
            183, "AArch64",
            243, "RISC-V");
    private static final Map<Long, String> SECTION_FLAGS = new TreeMap<>(Map.ofEntries(
            Map.entry(0x1L, "W"),
            Map.entry(0x2L, "A"),
            Map.entry(0x4L, "X"),
            Map.entry(0x10L, "M"),
            Map.entry(0x20L, "S"),
            Map.entry(0x40L, "I"),
            Map.entry(0x80L, "L"),
            Map.entry(0x100L, "O"),
            Map.entry(0x200L, "G"),
            Map.entry(0x400L, "T"),
            Map.entry(0x800L, "C"),
            Map.entry(0x200000L, "o"),
            Map.entry(0x80000000L, "E")));

    static ElfText of(ElfFile file) {
        Header header = new Header(
                file.elfClass() == ElfClass.ELFCLASS64 ? 64 : 32,
                "2's complement, " + (file.byteOrder() == ByteOrder.BIG_ENDIAN ? "big" : "little") + " endian",
                named(FILE_TYPES, file.type()),
                named(MACHINES, file.machine()),
                file.entry(),
                file.flags(),
                file.sectionCount(),
                file.sectionNameIndex());
        List<SectionRow> sections = new ArrayList<>();
        Map<Long, List<RelocationRow>> relocations = new TreeMap<>();
        Map<String, List<NoteRow>> notes = new TreeMap<>();
        List<GroupRow> groups = new ArrayList<>();
        for (Section s : file.sections()) {
            sections.add(row(s));
            switch (s.type()) {
                case 4, 9 -> {
                    if (s.size() > 0) {
                        relocations.put(s.offset(), rows(s.relocations(), file));
                    }
                }
                case 7 ->
                    notes.computeIfAbsent(s.name(), key -> new ArrayList<>()).addAll(rows(s.notes()));
                case 17 -> groups.add(row(s.group(), s.index()));
                default -> {}
            }
        }
        List<SymbolRow> symbols = file.symbols().map(ElfText::rows).orElse(List.of());
        return new ElfText(header, sections, symbols, relocations, notes, groups);
    }

    private static String named(Map<Integer, String> names, int number) {
        return names.getOrDefault(number, "0x" + Integer.toHexString(number));
    }

    private static SectionRow row(Section s) {
        StringBuilder flags = new StringBuilder();
        SECTION_FLAGS.forEach((bit, letter) -> flags.append(s.hasFlags(bit) ? letter : ""));
        return new SectionRow(
                s.index(),
                s.name(),
                s.type() == 0x70000003 ? named(ATTRIBUTES, s.file().machine()) : named(SECTION_TYPES, s.type()),
                s.address(),
                s.offset(),
                s.size(),
                s.entsize(),
                flags.toString(),
                s.link(),
                s.info(),
                s.addralign());
    }

    private static List<SymbolRow> rows(SymbolTable symbols) {
        List<SymbolRow> rows = new ArrayList<>();
        for (int i = 0; i < symbols.count(); i++) {
            int index = symbols.sectionIndex(i);
            String ndx = Integer.toString(index);
            if (!symbols.isExtended(i) && index == 0) {
                ndx = "UND";
            } else if (!symbols.isExtended(i) && index == 0xfff1) {
                ndx = "ABS";
            } else if (!symbols.isExtended(i) && index == 0xfff2) {
                ndx = "COM";
            }
            rows.add(new SymbolRow(
                    i,
                    displayName(symbols, i),
                    symbols.value(i),
                    symbols.size(i),
                    named(SYMBOL_TYPES, symbols.type(i)),
                    named(BINDINGS, symbols.binding(i)),
                    named(VISIBILITIES, symbols.other(i) & 3),
                    ndx));
        }
        return rows;
    }

    /** As readelf prints it: an unnamed section symbol is called what its section is, and control characters have a caret. */
    private static String displayName(SymbolTable symbols, int index) {
        String name = symbols.name(index);
        if (name.isEmpty() && symbols.type(index) == 3) {
            return symbols.section().file().section(symbols.sectionIndex(index)).name();
        }
        StringBuilder shown = new StringBuilder();
        name.chars().forEach(c -> shown.append(c < 0x20 ? "^" + (char) (c + 0x40) : Character.toString(c)));
        return shown.toString();
    }

    private static List<RelocationRow> rows(RelocationTable table, ElfFile file) {
        SymbolTable symbols = file.symbols().orElseThrow();
        List<RelocationRow> rows = new ArrayList<>();
        for (int i = 0; i < table.count(); i++) {
            String name = table.symbol(i) == 0 ? "" : displayName(symbols, table.symbol(i));
            rows.add(new RelocationRow(table.offset(i), table.type(i), table.symbol(i), name, table.addend(i)));
        }
        return rows;
    }

    private static List<NoteRow> rows(Notes notes) {
        List<NoteRow> rows = new ArrayList<>();
        for (Notes.Note note : notes) {
            StringBuilder hex = new StringBuilder();
            while (note.descriptor().hasRemaining()) {
                hex.append(String.format("%02x", note.descriptor().get()));
            }
            rows.add(new NoteRow(note.owner(), note.type(), hex.length() / 2, hex.toString()));
        }
        return rows;
    }

    private static GroupRow row(SectionGroup group, int index) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            members.add(group.member(i).name());
        }
        return new GroupRow(index, (group.flags() & 1) == 1 ? "COMDAT" : "", group.signature(), members);
    }
}
