package org.jkmod.elf;

import static org.jkmod.elf.Elf.SHN_XINDEX;
import static org.jkmod.elf.Elf.SHT_SYMTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB_SHNDX;

import java.util.Objects;

/**
 * A symbol table ({@code Elf_Sym[]}), entry by entry. gABI chapter 4, "Symbol Table". Indexes run from 0 to {@link #count()} - 1;
 * entry 0 is the undefined symbol. All accessors throw {@link IndexOutOfBoundsException} for any other.
 */
public final class SymbolTable {
    private static final int NO_EXTENDED = -1;

    private final Section section;
    private final ElfFile file;
    private final byte[] bytes;
    private final ElfClass elfClass;
    private final ElfData data;
    private final int start;
    private final int count;
    private final StringTable strings;
    private final int extended;

    SymbolTable(Section section) {
        this.section = section;
        this.file = section.file();
        this.bytes = file.array();
        this.elfClass = file.elfClass();
        this.data = file.data();
        boolean asLoaded = file.isAsLoaded();
        // as the loader sees it, a rest that is no whole entry is passed over, and so is a table of extended indexes
        int entries = asLoaded ? 0 : section.checkTable(elfClass.symSize, SHT_SYMTAB);
        this.start = section.start();
        this.count = asLoaded && !section.isEmptyInFile() ? (int) (section.size() / elfClass.symSize) : entries;
        this.strings = new StringTable(section.linked("sh_link", section.link()));
        this.extended = asLoaded ? NO_EXTENDED : findExtended();
    }

    private int findExtended() {
        for (Section s : file.sections()) {
            if (s.type() == SHT_SYMTAB_SHNDX && s.link() == section.index()) {
                int indexes = s.checkTable(4, SHT_SYMTAB_SHNDX);
                if (indexes < count) {
                    throw s.fault(
                            "sh_size", elfClass.shSize, indexes + " indexes", "one for each of " + count + " symbols");
                }
                return s.start();
            }
        }
        return NO_EXTENDED;
    }

    /** The section that holds the table. */
    public Section section() {
        return section;
    }

    /** The table's strings. */
    public StringTable strings() {
        return strings;
    }

    /** Number of symbols, entry 0 included. */
    public int count() {
        return count;
    }

    private int at(int index) {
        return start + Objects.checkIndex(index, count) * elfClass.symSize;
    }

    /** {@code st_name}: where the name begins in {@link #strings()}, in bytes, unsigned. */
    public long nameOffset(int index) {
        return data.u32(bytes, at(index));
    }

    /**
     * The symbol's name.
     *
     * @throws MalformedInputException if it is not within the string table
     */
    public String name(int index) {
        return strings.string(nameOffset(index));
    }

    /** {@code st_value}. */
    public long value(int index) {
        return data.word(bytes, at(index) + elfClass.stValue, elfClass);
    }

    /** {@code st_size} in bytes, unsigned; 0 if unknown. */
    public long size(int index) {
        return data.word(bytes, at(index) + elfClass.stSize, elfClass);
    }

    /** {@code st_info}. */
    public int info(int index) {
        return bytes[at(index) + elfClass.stInfo] & 0xff;
    }

    /** {@code st_other}. */
    public int other(int index) {
        return bytes[at(index) + elfClass.stOther] & 0xff;
    }

    /** {@code ELF_ST_BIND}, as {@link Elf#STB_GLOBAL}. */
    public int binding(int index) {
        return info(index) >> 4;
    }

    /** {@code ELF_ST_TYPE}, as {@link Elf#STT_FUNC}. */
    public int type(int index) {
        return info(index) & 0xf;
    }

    /** {@code st_shndx} as the entry has it: 16 bits, {@link Elf#SHN_XINDEX} not resolved. The kernel's loader looks no further. */
    public int rawSectionIndex(int index) {
        return data.u16(bytes, at(index) + elfClass.stShndx);
    }

    /**
     * The index of the section that the symbol is defined in, or one of the reserved indexes such as {@link Elf#SHN_ABS}; where the
     * entry says {@link Elf#SHN_XINDEX}, the extended table's, which may have any value.
     *
     * @throws MalformedInputException if the entry says {@code SHN_XINDEX} and the file has no extended table
     */
    public int sectionIndex(int index) {
        int shndx = rawSectionIndex(index);
        if (shndx != SHN_XINDEX) {
            return shndx;
        }
        if (extended == NO_EXTENDED) {
            throw file.fault(
                    "symbol " + index + " st_shndx",
                    at(index) + (long) elfClass.stShndx,
                    "0xffff (SHN_XINDEX)",
                    "a SHT_SYMTAB_SHNDX section to go with it");
        }
        return data.i32(bytes, extended + 4 * index);
    }

    /** Whether {@link #sectionIndex} comes from the extended table: then even a value from 0xff00 on is a real section. */
    public boolean isExtended(int index) {
        return rawSectionIndex(index) == SHN_XINDEX;
    }
}
