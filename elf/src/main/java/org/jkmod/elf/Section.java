package org.jkmod.elf;

import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_NULL;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A section header ({@code Elf_Shdr}) and the way to its content. The fields are as the file has them: what they claim is checked
 * when the content is asked for. gABI chapter 4, "Sections".
 */
public final class Section {
    /**
     * Names up to this many bytes are kept, and shown in full. A file of a few megabytes can give each of its headers a name of
     * a megabyte: kept, these would be gigabytes.
     */
    private static final int LONG_NAME = 100;

    private final ElfFile file;
    private final int index;
    private final int header;
    private final int type;
    private final long flags;
    private final long offset;
    private final long size;
    private @Nullable String name;

    Section(ElfFile file, int index, int header) {
        this.file = file;
        this.index = index;
        this.header = header;
        this.type = file.data().i32(file.array(), header + 4);
        this.flags = word(file.elfClass().shFlags);
        this.offset = word(file.elfClass().shOffset);
        this.size = word(file.elfClass().shSize);
    }

    private long word(int field) {
        return file.data().word(file.array(), header + field, file.elfClass());
    }

    /** The file that this section is of. */
    public ElfFile file() {
        return file;
    }

    /** The section's index. */
    public int index() {
        return index;
    }

    /** {@code sh_name}: where the section's name begins in the section name table, in bytes, unsigned. */
    public long nameOffset() {
        return file.data().u32(file.array(), header);
    }

    /**
     * The section's name.
     *
     * @throws MalformedInputException if the name is not within the section name table
     */
    public String name() {
        String known = name;
        if (known == null) {
            known = index == 0 ? "" : readName();
            if (known.length() <= LONG_NAME) {
                name = known;
            }
        }
        return known;
    }

    private String readName() {
        StringTable names = file.sectionNames();
        long offset = nameOffset();
        int length = names.length(offset);
        int from = names.start() + (int) offset;
        return length <= LONG_NAME ? SectionNames.of(file.array(), from, length) : latin1(file.array(), from, length);
    }

    /**
     * Whether the section has this name, compared as bytes: no String is made of the section's own.
     *
     * @throws MalformedInputException if the name does not begin within the section name table
     */
    public boolean hasName(String expected) {
        return index == 0 ? expected.isEmpty() : file.sectionNames().matches(nameOffset(), expected);
    }

    /** {@code sh_type}, as {@link Elf#SHT_PROGBITS}. */
    public int type() {
        return type;
    }

    /** {@code sh_flags}, as {@link Elf#SHF_ALLOC}. */
    public long flags() {
        return flags;
    }

    /** Whether all of these flags are set. */
    public boolean hasFlags(long mask) {
        return (flags & mask) == mask;
    }

    /** {@code sh_addr}. */
    public long address() {
        return word(file.elfClass().shAddr);
    }

    /** {@code sh_offset}: where the content begins in the file, in bytes, unsigned. */
    public long offset() {
        return offset;
    }

    /** {@code sh_size}: the section's size in bytes, unsigned; in memory only for {@code SHT_NOBITS}. */
    public long size() {
        return size;
    }

    /** {@code sh_link}: a section index whose meaning depends on the type. */
    public int link() {
        return file.data().i32(file.array(), header + file.elfClass().shLink);
    }

    /** {@code sh_info}: for relocations the index of the section that they apply to. */
    public int info() {
        return file.data().i32(file.array(), header + file.elfClass().shInfo);
    }

    /** {@code sh_addralign} in bytes, unsigned; 0 and 1 both mean none. */
    public long addralign() {
        return word(file.elfClass().shAddralign);
    }

    /** {@code sh_entsize}: the size of an entry in bytes, where the section is a table. */
    public long entsize() {
        return word(file.elfClass().shEntsize);
    }

    /** Whether the section has no bytes in the file, whatever its size. */
    public boolean isEmptyInFile() {
        return type == SHT_NOBITS || type == SHT_NULL || size == 0;
    }

    /**
     * The section's content, read-only, in the file's byte order; empty for {@code SHT_NOBITS}.
     *
     * @throws MalformedInputException if the content is not within the file
     */
    public ByteBuffer bytes() {
        return isEmptyInFile()
                ? ByteBuffer.allocate(0).asReadOnlyBuffer().order(file.byteOrder())
                : file.slice(start(), size);
    }

    /**
     * Where the content begins in {@link ElfFile#array()}, once it is proven to lie within the file with all of its
     * {@link #size()} bytes.
     *
     * @throws MalformedInputException if it does not
     */
    public int start() {
        if (isEmptyInFile()) {
            return 0;
        }
        if (!isWithinFile()) {
            throw fault(
                    "sh_offset, sh_size",
                    file.elfClass().shOffset,
                    "offset " + ElfFile.hex(offset) + ", size " + ElfFile.hex(size),
                    "a range within the file's " + ElfFile.hex(file.length()) + " bytes");
        }
        return (int) offset;
    }

    private boolean isWithinFile() {
        return offset >= 0 && size >= 0 && offset <= file.length() && size <= file.length() - offset;
    }

    /** The relocations that this section holds. */
    public RelocationTable relocations() {
        return new RelocationTable(this);
    }

    /** The notes that this section holds. */
    public Notes notes() {
        return new Notes(this);
    }

    /** The group that this section describes. */
    public SectionGroup group() {
        return new SectionGroup(this);
    }

    /** The strings that this section holds. */
    public StringTable strings() {
        return new StringTable(this);
    }

    /** Section of an index in a header field, checked. */
    Section linked(String field, int to) {
        if (to <= 0 || to >= file.sectionCount()) {
            int at = "sh_link".equals(field) ? file.elfClass().shLink : file.elfClass().shInfo;
            throw fault(
                    field, at, Integer.toUnsignedString(to), "a section index from 1 to " + (file.sectionCount() - 1));
        }
        return file.section(to);
    }

    /** Number of entries in a table, once its type, bounds and size are proven. */
    int checkTable(int entrySize, int... types) {
        boolean known = false;
        for (int t : types) {
            known |= t == type;
        }
        if (!known) {
            throw fault(
                    "sh_type",
                    4,
                    Integer.toUnsignedString(type),
                    types.length == 1 ? "" + types[0] : types[0] + " or " + types[1]);
        }
        if (Long.remainderUnsigned(size, entrySize) != 0 && !file.isAsLoaded()) {
            throw fault(
                    "sh_size",
                    file.elfClass().shSize,
                    Long.toUnsignedString(size),
                    "a multiple of the entries' " + entrySize + " bytes");
        }
        start();
        return (int) (size / entrySize);
    }

    MalformedInputException fault(String field, int fieldOffset, String found, String expected) {
        return file.fault(describe() + " " + field, (long) header + fieldOffset, found, expected);
    }

    /** How messages name the section, even when its name is broken. */
    String describe() {
        if (index == 0) {
            return "section 0";
        }
        String known;
        try {
            // To ask the name table for its own name when it is the one that is broken would lead back here.
            known = index == file.sectionNameIndex() && !isWithinFile() ? "unnamed" : name();
        } catch (MalformedInputException e) {
            known = "unnamed";
        }
        return "section " + index + " (" + (known.length() > LONG_NAME ? known.substring(0, LONG_NAME) + "..." : known)
                + ")";
    }

    /** Bytes of a section name are not text of any encoding: they are kept one to one. */
    static String latin1(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return describe();
    }
}
