package org.jkmod.elf;

import static org.jkmod.elf.Elf.EI_CLASS;
import static org.jkmod.elf.Elf.EI_DATA;
import static org.jkmod.elf.Elf.EI_NIDENT;
import static org.jkmod.elf.Elf.EI_VERSION;
import static org.jkmod.elf.Elf.ET_REL;
import static org.jkmod.elf.Elf.EV_CURRENT;
import static org.jkmod.elf.Elf.SHF_INFO_LINK;
import static org.jkmod.elf.Elf.SHN_LORESERVE;
import static org.jkmod.elf.Elf.SHN_XINDEX;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_NULL;
import static org.jkmod.elf.Elf.SHT_REL;
import static org.jkmod.elf.Elf.SHT_RELA;
import static org.jkmod.elf.Elf.SHT_STRTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB_SHNDX;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STB_LOCAL;
import static org.jkmod.elf.Elf.STT_SECTION;

import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes relocatable objects: sections in the order in which they are added, then {@code .symtab}, {@code .strtab} and
 * {@code .shstrtab}. Numbers are extended where they must be. A writer is used once, by one thread.
 *
 * <p>Symbols come out in the order in which they are added; the gABI wants the local ones first, and {@link #addSymbol} refuses a
 * local one after a global one.
 */
public final class ElfWriter {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Header(String name, int type, long flags, byte[] content, long size, long align, long entsize) {}

    private record Symbol(String name, long value, long size, int info, int other, int sectionIndex) {}

    private record Reloc(long offset, int type, int symbol, long addend) {}

    private final ElfClass elfClass;
    private final ElfData data;
    private final int machine;
    private int flags;
    private final List<Header> sections = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();
    private final Map<Integer, List<Reloc>> relocations = new HashMap<>();
    private final Map<Integer, Integer> relocationTargets = new HashMap<>();
    private int locals = 1;

    /**
     * Begins an object.
     *
     * @param elfClass 32 or 64 bits
     * @param order the byte order of its integers
     * @param machine {@code e_machine}
     */
    public ElfWriter(ElfClass elfClass, ByteOrder order, int machine) {
        this.elfClass = elfClass;
        this.data = order == ByteOrder.LITTLE_ENDIAN ? ElfData.ELFDATA2LSB : ElfData.ELFDATA2MSB;
        this.machine = machine;
        sections.add(new Header("", SHT_NULL, 0, new byte[0], 0, 0, 0));
        symbols.add(new Symbol("", 0, 0, 0, 0, 0));
    }

    /** Sets {@code e_flags}. */
    public ElfWriter flags(int eFlags) {
        this.flags = eFlags;
        return this;
    }

    /**
     * Adds a section with content.
     *
     * @param align {@code sh_addralign} in bytes: 0, 1 or another power of two
     * @return its index
     * @throws IllegalArgumentException if the object cannot hold the name or a number
     */
    public int addSection(String name, int type, long sectionFlags, long align, byte[] content) {
        return add(new Header(name, type, sectionFlags, content.clone(), content.length, align, 0));
    }

    /**
     * Adds a section without content in the file ({@code SHT_NOBITS}).
     *
     * @param size in memory, in bytes
     * @return its index
     * @throws IllegalArgumentException as {@link #addSection}
     */
    public int addNoBits(String name, long sectionFlags, long align, long size) {
        return add(new Header(name, SHT_NOBITS, sectionFlags, new byte[0], size, align, 0));
    }

    private int add(Header section) {
        checkName(section.name());
        checkWord(section.flags());
        checkWord(section.size());
        checkWord(section.align());
        if ((section.align() & (section.align() - 1)) != 0 || section.align() < 0) {
            throw new IllegalArgumentException("alignment " + section.align() + " is no power of two");
        }
        sections.add(section);
        return sections.size() - 1;
    }

    /**
     * Adds the relocations with addends of a section, as an empty section {@code .rela} + its name that {@link #addRelocation} fills.
     *
     * @return the new section's index
     */
    public int addRelocations(int target) {
        return addRelocations(target, SHT_RELA);
    }

    /**
     * Adds the relocations of a section, with addends ({@code SHT_RELA}) or without ({@code SHT_REL}).
     *
     * @return the new section's index
     */
    public int addRelocations(int target, int type) {
        boolean rela = type == SHT_RELA;
        if (!rela && type != SHT_REL) {
            throw new IllegalArgumentException("section type " + type + " holds no relocations");
        }
        String name = (rela ? ".rela" : ".rel") + sections.get(target).name();
        int entry = rela ? elfClass.relaSize : elfClass.relSize;
        int index = add(new Header(name, type, SHF_INFO_LINK, new byte[0], 0, elfClass.word, entry));
        relocations.put(index, new ArrayList<>());
        relocationTargets.put(index, target);
        return index;
    }

    /**
     * Adds a relocation to a section made by {@link #addRelocations(int)}.
     *
     * @param offset {@code r_offset}
     * @param type the processor supplement's number
     * @param symbol index of a symbol
     * @param addend {@code r_addend}; not written where the section is {@code SHT_REL}
     * @throws IllegalArgumentException if the section holds no relocations, or the object cannot hold a number
     */
    public ElfWriter addRelocation(int section, long offset, int type, int symbol, long addend) {
        List<Reloc> table = relocations.get(section);
        if (table == null) {
            throw new IllegalArgumentException("section " + section + " holds no relocations");
        }
        checkWord(offset);
        checkWord(addend);
        if (elfClass.word == 4 && (type >>> 8 != 0 || symbol >>> 24 != 0)) {
            throw new IllegalArgumentException(
                    "relocation type " + type + " or symbol " + symbol + " does not fit " + elfClass + "'s r_info");
        }
        table.add(new Reloc(offset, type, symbol, addend));
        return this;
    }

    /**
     * Adds a symbol.
     *
     * @param info {@code st_info}, see {@link Elf#stInfo}
     * @param sectionIndex the section it is defined in, or {@link Elf#SHN_UNDEF}, {@link Elf#SHN_ABS}, {@link Elf#SHN_COMMON}; in
     *     an object with a section of that index (more than 65,280 sections), a reserved index is that section's
     * @return its index
     * @throws IllegalArgumentException if the symbol is local and comes too late, or the object cannot hold its name or a number
     */
    public int addSymbol(String name, long value, long size, int info, int sectionIndex) {
        checkName(name);
        checkWord(value);
        checkWord(size);
        if (info >> 4 == STB_LOCAL) {
            if (locals != symbols.size()) {
                throw new IllegalArgumentException("local symbol " + name + " after a global one");
            }
            locals++;
        }
        symbols.add(new Symbol(name, value, size, info, 0, sectionIndex));
        return symbols.size() - 1;
    }

    /** Adds a section's own symbol; returns its index. */
    public int addSectionSymbol(int sectionIndex) {
        return addSymbol("", 0, 0, Elf.stInfo(STB_LOCAL, STT_SECTION), sectionIndex);
    }

    /** Adds a global symbol that is defined elsewhere; returns its index. */
    public int addUndefined(String name) {
        return addSymbol(name, 0, 0, Elf.stInfo(STB_GLOBAL, 0), Elf.SHN_UNDEF);
    }

    /** The object's bytes. */
    public byte[] toBytes() {
        int symtab = sections.size();
        boolean extended = symbols.stream().anyMatch(s -> isExtended(s.sectionIndex()));
        int strtab = symtab + (extended ? 2 : 1);
        int shstrtab = strtab + 1;
        List<Header> all = new ArrayList<>(sections);
        Strings names = new Strings();
        byte[] symbolBytes = symbolBytes(names);
        all.add(new Header(".symtab", SHT_SYMTAB, 0, symbolBytes, symbolBytes.length, elfClass.word, elfClass.symSize));
        if (extended) {
            byte[] indexes = extendedIndexes();
            all.add(new Header(".symtab_shndx", SHT_SYMTAB_SHNDX, 0, indexes, indexes.length, 4, 4));
        }
        byte[] strings = names.toBytes();
        all.add(new Header(".strtab", SHT_STRTAB, 0, strings, strings.length, 1, 0));
        Strings sectionNames = new Strings();
        all.forEach(s -> sectionNames.add(s.name()));
        sectionNames.add(".shstrtab");
        byte[] shstrings = sectionNames.toBytes();
        all.add(new Header(".shstrtab", SHT_STRTAB, 0, shstrings, shstrings.length, 1, 0));

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[elfClass.ehdrSize]);
        byte[] headers = new byte[all.size() * elfClass.shdrSize];
        for (int i = 1; i < all.size(); i++) {
            Header s = all.get(i);
            List<Reloc> table = relocations.get(i);
            byte[] content = table == null ? s.content() : relocationBytes(s.type(), table);
            long size = s.type() == SHT_NOBITS ? s.size() : content.length;
            if (s.type() != SHT_NOBITS) {
                pad(out, Math.max(1, s.align()));
            }
            int at = i * elfClass.shdrSize;
            data.put32(headers, at, sectionNames.add(s.name()));
            data.put32(headers, at + 4, s.type());
            data.putWord(headers, at + elfClass.shFlags, s.flags(), elfClass);
            data.putWord(headers, at + elfClass.shOffset, out.size(), elfClass);
            data.putWord(headers, at + elfClass.shSize, size, elfClass);
            data.putWord(headers, at + elfClass.shAddralign, s.align(), elfClass);
            data.putWord(headers, at + elfClass.shEntsize, s.entsize(), elfClass);
            int link = s.type() == SHT_SYMTAB ? strtab : table != null || s.type() == SHT_SYMTAB_SHNDX ? symtab : 0;
            int info = s.type() == SHT_SYMTAB ? locals : relocationTargets.getOrDefault(i, 0);
            data.put32(headers, at + elfClass.shLink, link);
            data.put32(headers, at + elfClass.shInfo, info);
            out.writeBytes(content);
        }
        pad(out, elfClass.word);
        int shoff = out.size();
        boolean manySections = all.size() >= SHN_LORESERVE;
        if (manySections) {
            data.putWord(headers, elfClass.shSize, all.size(), elfClass);
        }
        if (shstrtab >= SHN_LORESERVE) {
            data.put32(headers, elfClass.shLink, shstrtab);
        }
        out.writeBytes(headers);
        byte[] file = out.toByteArray();
        writeHeader(file, shoff, manySections ? 0 : all.size(), shstrtab >= SHN_LORESERVE ? SHN_XINDEX : shstrtab);
        return file;
    }

    private void writeHeader(byte[] file, int shoff, int shnum, int shstrndx) {
        file[0] = 0x7f;
        file[1] = 'E';
        file[2] = 'L';
        file[3] = 'F';
        file[EI_CLASS] = (byte) elfClass.ident;
        file[EI_DATA] = (byte) data.ident;
        file[EI_VERSION] = EV_CURRENT;
        data.put16(file, EI_NIDENT, ET_REL);
        data.put16(file, EI_NIDENT + 2, machine);
        data.put32(file, EI_NIDENT + 4, EV_CURRENT);
        data.putWord(file, elfClass.eShoff, shoff, elfClass);
        data.put32(file, elfClass.eFlags, flags);
        data.put16(file, elfClass.eEhsize, elfClass.ehdrSize);
        data.put16(file, elfClass.eShentsize, elfClass.shdrSize);
        data.put16(file, elfClass.eShnum, shnum);
        data.put16(file, elfClass.eShstrndx, shstrndx);
    }

    private static void checkName(String name) {
        if (name.chars().anyMatch(c -> c == 0 || c > 0xff)) {
            throw new IllegalArgumentException("a name of an ELF file holds bytes other than 0: " + name);
        }
    }

    /** A number of 32 bits may be given zero-extended or sign-extended. */
    private void checkWord(long value) {
        if (elfClass.word == 4 && value >>> 32 != 0 && value != (int) value) {
            throw new IllegalArgumentException(
                    ElfFile.hex(value) + " does not fit " + elfClass + "'s " + elfClass.word + " bytes");
        }
    }

    private boolean isExtended(int sectionIndex) {
        // A reserved index is meant as such unless the object really has so many sections.
        return sectionIndex >= SHN_LORESERVE && sectionIndex < sections.size();
    }

    private byte[] symbolBytes(Strings names) {
        byte[] table = new byte[symbols.size() * elfClass.symSize];
        for (int i = 1; i < symbols.size(); i++) {
            Symbol s = symbols.get(i);
            int at = i * elfClass.symSize;
            data.put32(table, at, names.add(s.name()));
            data.putWord(table, at + elfClass.stValue, s.value(), elfClass);
            data.putWord(table, at + elfClass.stSize, s.size(), elfClass);
            table[at + elfClass.stInfo] = (byte) s.info();
            table[at + elfClass.stOther] = (byte) s.other();
            data.put16(table, at + elfClass.stShndx, isExtended(s.sectionIndex()) ? SHN_XINDEX : s.sectionIndex());
        }
        return table;
    }

    private byte[] extendedIndexes() {
        byte[] table = new byte[symbols.size() * 4];
        for (int i = 0; i < symbols.size(); i++) {
            int index = symbols.get(i).sectionIndex();
            data.put32(table, 4 * i, isExtended(index) ? index : 0);
        }
        return table;
    }

    private byte[] relocationBytes(int type, List<Reloc> table) {
        int entry = type == SHT_RELA ? elfClass.relaSize : elfClass.relSize;
        byte[] result = new byte[table.size() * entry];
        for (int i = 0; i < table.size(); i++) {
            Reloc r = table.get(i);
            int at = i * entry;
            data.putWord(result, at, r.offset(), elfClass);
            long info = elfClass.word == 8
                    ? (long) r.symbol() << 32 | Integer.toUnsignedLong(r.type())
                    : (long) r.symbol() << 8 | (r.type() & 0xff);
            data.putWord(result, at + elfClass.word, info, elfClass);
            if (type == SHT_RELA) {
                data.putWord(result, at + 2 * elfClass.word, r.addend(), elfClass);
            }
        }
        return result;
    }

    private static void pad(ByteArrayOutputStream out, long align) {
        while (out.size() % align != 0) {
            out.write(0);
        }
    }

    /** A string table in the making: equal strings share their bytes. */
    private static final class Strings {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Map<String, Integer> offsets = new HashMap<>();

        Strings() {
            add("");
        }

        int add(String string) {
            Integer known = offsets.get(string);
            if (known != null) {
                return known;
            }
            int offset = bytes.size();
            offsets.put(string, offset);
            bytes.writeBytes(string.getBytes(StandardCharsets.ISO_8859_1));
            bytes.write(0);
            return offset;
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }
    }
}
