package org.jkmod.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Calls every accessor of everything in a file, as a reader of a hostile file might. */
final class Walk {
    private final List<MalformedInputException> faults = new ArrayList<>();
    private long sum;

    private Walk() {}

    /** Returns the faults that were found; lets every other exception through. */
    static List<MalformedInputException> everything(ElfFile file) {
        Walk walk = new Walk();
        walk.file(file);
        // Never true; the compiler does not know, and cannot leave the accessors out.
        if (walk.sum == 0x5eed5eed5eed5eedL) {
            throw new AssertionError();
        }
        return walk.faults;
    }

    private void attempt(Runnable access) {
        try {
            access.run();
        } catch (MalformedInputException e) {
            faults.add(e);
        }
    }

    private void take(long value) {
        sum = sum * 31 + value;
    }

    private void take(Object value) {
        sum = sum * 31 + value.hashCode();
    }

    private void file(ElfFile file) {
        take(file.name());
        take(file.elfClass());
        take(file.byteOrder());
        take(file.type());
        take(file.machine());
        take(file.flags());
        take(file.entry());
        take(file.length());
        take(file.array().length);
        take(file.sectionNameIndex());
        take(file.toString());
        attempt(() -> take(file.section(".no such section").isPresent() ? 1 : 0));
        for (int i = 0; i < file.sectionCount(); i++) {
            section(file.section(i));
        }
        attempt(() -> file.symbols().ifPresent(this::symbols));
    }

    private void section(Section s) {
        take(s.index());
        take(s.nameOffset());
        take(s.type());
        take(s.flags());
        take(s.address());
        take(s.offset());
        take(s.size());
        take(s.link());
        take(s.info());
        take(s.addralign());
        take(s.entsize());
        take(s.isEmptyInFile() ? 1 : 0);
        take(s.hasFlags(Elf.SHF_ALLOC) ? 1 : 0);
        take(s.toString());
        attempt(() -> take(s.name()));
        attempt(() -> take(s.hasName(".text") ? 1 : 0));
        attempt(() -> take(s.start()));
        attempt(() -> take(s.bytes()));
        attempt(() -> take(s.strings().start()));
        if (s.type() == Elf.SHT_STRTAB) {
            attempt(() -> lastString(s.strings()));
        }
        if (s.type() == Elf.SHT_REL || s.type() == Elf.SHT_RELA) {
            attempt(() -> relocations(s.relocations()));
        } else if (s.index() % 3 == 0) {
            refuse(s::relocations);
        }
        if (s.type() == Elf.SHT_NOTE) {
            attempt(() -> s.notes().forEach(this::note));
        } else if (s.index() % 3 == 1) {
            refuse(s::notes);
        }
        if (s.type() == Elf.SHT_GROUP) {
            attempt(() -> group(s.group()));
        } else if (s.index() % 3 == 2) {
            refuse(s::group);
        }
    }

    /** Asks for what the section's type does not give; a third of the sections is asked for each, since exceptions take time. */
    private static void refuse(Supplier<Object> access) {
        try {
            throw new AssertionError("not refused: " + access.get());
        } catch (MalformedInputException e) {
            if (!e.place().endsWith(" sh_type")) {
                throw e;
            }
        }
    }

    private void lastString(StringTable strings) {
        if (strings.size() > 0) {
            take(strings.length(strings.size() - 1L));
        }
    }

    private void note(Notes.Note note) {
        take(note.owner());
        take(note.type());
        take(note.descriptor());
    }

    private void symbols(SymbolTable symbols) {
        take(symbols.section().index());
        take(symbols.strings().size());
        for (int i = 0; i < symbols.count(); i++) {
            int symbol = i;
            take(symbols.nameOffset(i));
            take(symbols.value(i));
            take(symbols.size(i));
            take(symbols.info(i));
            take(symbols.other(i));
            take(symbols.binding(i));
            take(symbols.type(i));
            take(symbols.rawSectionIndex(i));
            take(symbols.isExtended(i) ? 1 : 0);
            attempt(() -> take(symbols.name(symbol)));
            attempt(() -> take(symbols.sectionIndex(symbol)));
        }
    }

    private void relocations(RelocationTable table) {
        take(table.section().index());
        take(table.start());
        take(table.hasAddends() ? 1 : 0);
        attempt(() -> take(table.target().index()));
        for (int i = 0; i < table.count(); i++) {
            take(table.offset(i));
            take(table.type(i));
            take(table.symbol(i));
            take(table.addend(i));
        }
    }

    private void group(SectionGroup group) {
        take(group.flags());
        attempt(() -> take(group.signature()));
        for (int i = 0; i < group.size(); i++) {
            int member = i;
            attempt(() -> take(group.member(member).index()));
        }
    }
}
