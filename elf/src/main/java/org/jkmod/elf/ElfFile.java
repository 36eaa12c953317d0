package org.jkmod.elf;

import static org.jkmod.elf.Elf.EI_CLASS;
import static org.jkmod.elf.Elf.EI_DATA;
import static org.jkmod.elf.Elf.EI_NIDENT;
import static org.jkmod.elf.Elf.EI_VERSION;
import static org.jkmod.elf.Elf.EV_CURRENT;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHN_XINDEX;
import static org.jkmod.elf.Elf.SHT_NULL;
import static org.jkmod.elf.Elf.SHT_STRTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An ELF object: its header and section headers, over the bytes of the file.
 *
 * <p>Immutable as long as nobody writes to the array that it was made of; then safe for threads. gABI chapter 4.
 */
public final class ElfFile {
    /** The largest file that {@link #read} reads, in bytes. */
    public static final int MAX_SIZE = 1 << 28;

    private final String name;
    private final byte[] bytes;
    private final int length;
    /** Where the file ends that the object is the first part of. */
    private final int end;

    private final ElfClass elfClass;
    private final ElfData data;
    private final Section[] sections;
    private final int shstrndx;
    /** Read and written without a lock: two threads may make one each, which are alike. */
    private @Nullable StringTable sectionNames;

    /** Whether strings may go on behind their table, as they do for a loader that does not look where a table ends. */
    private final boolean asLoaded;

    private ElfFile(String name, byte[] bytes, int end, int length, ElfClass elfClass, ElfData data) {
        this.name = name;
        this.bytes = bytes;
        this.end = end;
        this.length = length;
        this.asLoaded = true;
        this.elfClass = elfClass;
        this.data = data;
        if (length < elfClass.ehdrSize) {
            throw fault("ELF header", 0, length + " bytes", "at least " + elfClass.ehdrSize + " bytes");
        }
        this.sections = readSectionHeaders();
        this.shstrndx = sections.length == 0 ? SHN_UNDEF : readSectionNameIndex();
    }

    private ElfFile(String name, byte[] bytes, int length) {
        this.name = name;
        this.bytes = bytes;
        this.end = length;
        this.length = length;
        this.asLoaded = false;
        if (length < EI_NIDENT) {
            throw fault("e_ident", 0, length + " bytes", "at least " + EI_NIDENT + " bytes");
        }
        if (bytes[0] != 0x7f || bytes[1] != 'E' || bytes[2] != 'L' || bytes[3] != 'F') {
            throw fault("e_ident", 0, "bytes " + hex(bytes, 0, 4), "7f 45 4c 46 (the ELF magic)");
        }
        this.elfClass = elfClass(Byte.toUnsignedInt(bytes[EI_CLASS]));
        this.data = elfData(Byte.toUnsignedInt(bytes[EI_DATA]));
        int version = Byte.toUnsignedInt(bytes[EI_VERSION]);
        if (version != EV_CURRENT) {
            throw fault("EI_VERSION", EI_VERSION, Integer.toString(version), "1 (EV_CURRENT)");
        }
        if (length < elfClass.ehdrSize) {
            throw fault("ELF header", 0, length + " bytes", "at least " + elfClass.ehdrSize + " bytes");
        }
        this.sections = readSectionHeaders();
        this.shstrndx = sections.length == 0 ? SHN_UNDEF : readSectionNameIndex();
    }

    /**
     * Views an ELF object in memory, without a copy.
     *
     * @param bytes the whole file; must not be written to while this object is in use
     * @param name what to call the file in messages
     * @throws MalformedInputException if the header is not an ELF header, or the section headers are not within the file
     */
    public static ElfFile parse(byte[] bytes, String name) {
        return parse(bytes, bytes.length, name);
    }

    /**
     * Views an ELF object that fills the first {@code length} bytes of an array: a module whose signature was cut off.
     *
     * @throws MalformedInputException as {@link #parse(byte[], String)}
     */
    public static ElfFile parse(byte[] bytes, int length, String name) {
        Objects.checkFromIndexSize(0, length, bytes.length);
        return new ElfFile(Objects.requireNonNull(name), bytes, length);
    }

    /**
     * Views an ELF object as the kernel's module loader does: {@code e_ident} and {@code e_version} are taken for what they should be,
     * the type of a string table is not looked at, and a string ends at the next NUL of the file, be that behind its table. Whoever
     * wants more must check it himself, as {@code elf_validity_check} (kernel/module/main.c) does before.
     *
     * @param bytes the file, from the first byte on
     * @param end length of the file in bytes: strings end there
     * @param length of the object in bytes: the file without its signature
     * @param elfClass the class to take it for
     * @param order the byte order to take it for
     * @throws MalformedInputException if the section headers are not within the file
     */
    public static ElfFile parseAsLoader(
            byte[] bytes, int end, int length, String name, ElfClass elfClass, ByteOrder order) {
        Objects.checkFromIndexSize(0, end, bytes.length);
        Objects.checkFromIndexSize(0, length, end);
        return new ElfFile(Objects.requireNonNull(name), bytes, end, length, elfClass, ElfData.of(order));
    }

    /**
     * Reads an ELF object from a file.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException as {@link #parse(byte[], String)}, or if it is larger than {@link #MAX_SIZE}
     */
    public static ElfFile read(Path file) throws IOException {
        return parse(InputFile.read(file, MAX_SIZE, "an ELF object"), file.toString());
    }

    private ElfClass elfClass(int ident) {
        for (ElfClass c : ElfClass.values()) {
            if (c.ident == ident) {
                return c;
            }
        }
        throw fault("EI_CLASS", EI_CLASS, Integer.toString(ident), "1 (ELFCLASS32) or 2 (ELFCLASS64)");
    }

    private ElfData elfData(int ident) {
        for (ElfData d : ElfData.values()) {
            if (d.ident == ident) {
                return d;
            }
        }
        throw fault("EI_DATA", EI_DATA, Integer.toString(ident), "1 (ELFDATA2LSB) or 2 (ELFDATA2MSB)");
    }

    private Section[] readSectionHeaders() {
        long shoff = data.word(bytes, elfClass.eShoff, elfClass);
        if (shoff == 0 && !asLoaded) {
            return new Section[0];
        }
        int shentsize = data.u16(bytes, elfClass.eShentsize);
        if (shentsize != elfClass.shdrSize) {
            throw fault("e_shentsize", elfClass.eShentsize, Integer.toString(shentsize), "" + elfClass.shdrSize);
        }
        if (shoff < 0 || shoff > length - elfClass.shdrSize) {
            throw fault(
                    "e_shoff", elfClass.eShoff, hex(shoff), "section headers within the file's " + length + " bytes");
        }
        long count = data.u16(bytes, elfClass.eShnum);
        int countAt = elfClass.eShnum;
        if (count == 0 && !asLoaded) {
            // Extended numbering: 0xff00 sections and more are counted in section 0.
            countAt = (int) shoff + elfClass.shSize;
            count = data.word(bytes, countAt, elfClass);
        }
        if (count < 0 || count > (length - shoff) / elfClass.shdrSize) {
            throw fault(
                    "number of sections",
                    countAt,
                    Long.toUnsignedString(count),
                    "at most " + (length - shoff) / elfClass.shdrSize + " after e_shoff " + hex(shoff));
        }
        Section[] headers = new Section[(int) count];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new Section(this, i, (int) shoff + i * elfClass.shdrSize);
        }
        return headers;
    }

    private int readSectionNameIndex() {
        int index = data.u16(bytes, elfClass.eShstrndx);
        return index == SHN_XINDEX && !asLoaded ? sections[0].link() : index;
    }

    /** The file's name, as it was given. */
    public String name() {
        return name;
    }

    /** The file's class: 32 or 64 bits. */
    public ElfClass elfClass() {
        return elfClass;
    }

    /** The byte order of the file's integers. */
    public ByteOrder byteOrder() {
        return data.order;
    }

    /** {@code e_type}, as {@link Elf#ET_REL}. */
    public int type() {
        return data.u16(bytes, EI_NIDENT);
    }

    /** {@code e_machine}, as {@link Elf#EM_X86_64}. */
    public int machine() {
        return data.u16(bytes, EI_NIDENT + 2);
    }

    /** {@code e_flags}: the processor supplement's. */
    public int flags() {
        return data.i32(bytes, elfClass.eFlags);
    }

    /** {@code e_entry}. */
    public long entry() {
        return data.word(bytes, elfClass.eEntry, elfClass);
    }

    /** Number of section headers, extended numbering resolved; section 0 is counted. */
    public int sectionCount() {
        return sections.length;
    }

    /** Index of the section that holds the sections' names, extended numbering resolved; not checked, and negative from 2³¹ on. */
    public int sectionNameIndex() {
        return shstrndx;
    }

    /**
     * The section of an index.
     *
     * @throws IndexOutOfBoundsException if there is no such section
     */
    public Section section(int index) {
        return sections[Objects.checkIndex(index, sections.length)];
    }

    /** All sections by index, section 0 included. */
    public List<Section> sections() {
        return Collections.unmodifiableList(Arrays.asList(sections));
    }

    /**
     * The first section of a name.
     *
     * @throws MalformedInputException if there is no section name table, or a section's name does not begin within it
     */
    public Optional<Section> section(String sectionName) {
        for (int i = 1; i < sections.length; i++) {
            if (sections[i].type() != SHT_NULL && sections[i].hasName(sectionName)) {
                return Optional.of(sections[i]);
            }
        }
        return Optional.empty();
    }

    /**
     * The file's symbol table: the first section of type {@code SHT_SYMTAB}.
     *
     * @throws MalformedInputException if the table, its strings or its extended indexes are not within the file
     */
    public Optional<SymbolTable> symbols() {
        for (Section section : sections) {
            if (section.type() == SHT_SYMTAB) {
                return Optional.of(new SymbolTable(section));
            }
        }
        return Optional.empty();
    }

    /** Length of the object in bytes. */
    public int length() {
        return length;
    }

    /** Length in bytes of the file that the object is the first part of; {@link #length}, unless it was viewed as the loader does. */
    public int end() {
        return end;
    }

    /**
     * The array that this object views, itself: for readers that cannot afford a copy. It must not be written to, and bytes from
     * {@link #length} on are not the object's; those from {@link #end} on are nobody's.
     */
    public byte[] array() {
        return bytes;
    }

    ElfData data() {
        return data;
    }

    boolean isAsLoaded() {
        return asLoaded;
    }

    /** The file's bytes from an offset on, read-only; the range must have been checked. */
    ByteBuffer slice(long offset, long size) {
        return ByteBuffer.wrap(bytes)
                .slice((int) offset, (int) size)
                .asReadOnlyBuffer()
                .order(data.order);
    }

    /** The string table that holds the sections' names. */
    StringTable sectionNames() {
        StringTable known = sectionNames;
        if (known == null) {
            known = readSectionNames();
            sectionNames = known;
        }
        return known;
    }

    private StringTable readSectionNames() {
        if (asLoaded && shstrndx > SHN_UNDEF && shstrndx < sections.length) {
            return new StringTable(sections[shstrndx]);
        }
        if (shstrndx <= SHN_UNDEF || shstrndx >= sections.length || sections[shstrndx].type() != SHT_STRTAB) {
            String found = Integer.toUnsignedString(shstrndx);
            String expected = "the index of a SHT_STRTAB section below " + sections.length;
            throw data.u16(bytes, elfClass.eShstrndx) == SHN_XINDEX
                    ? sections[0].fault("sh_link", elfClass.shLink, found, expected)
                    : fault("e_shstrndx", elfClass.eShstrndx, found, expected);
        }
        return new StringTable(sections[shstrndx]);
    }

    MalformedInputException fault(String place, long offset, String found, String expected) {
        return new MalformedInputException(name, place, offset, found, expected);
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String hex(byte[] bytes, int from, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            text.append(i == from ? "" : " ").append(Character.forDigit(bytes[i] >> 4 & 0xf, 16));
            text.append(Character.forDigit(bytes[i] & 0xf, 16));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return name;
    }
}
