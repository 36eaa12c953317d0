package org.jkmod.elf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The NUL-terminated strings of a section. gABI chapter 4, "String Table". Names in ELF files are bytes without an encoding: as
 * Java strings they have a character a byte (ISO 8859-1), so that no two names become one.
 */
public final class StringTable {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private final Section section;
    private final byte[] bytes;
    private final int start;
    private final int size;

    StringTable(Section section) {
        this.section = section;
        this.bytes = section.file().array();
        if (section.file().isAsLoaded()) {
            long offset = section.offset();
            this.start = (int) Math.max(
                    0,
                    Math.min(
                            offset < 0 ? section.file().end() : offset,
                            section.file().end()));
            this.size = section.file().end() - start;
        } else {
            this.start = section.start();
            this.size = section.isEmptyInFile() ? 0 : (int) section.size();
        }
    }

    /** The section that holds the table. */
    public Section section() {
        return section;
    }

    /** Size of the table in bytes; of one that is viewed as the loader does, up to the end of the file. */
    public int size() {
        return size;
    }

    /** Where the table begins in {@link ElfFile#array()}. */
    public int start() {
        return start;
    }

    /**
     * Length in bytes of the string at an offset, its NUL not counted.
     *
     * @param offset within the table
     * @throws MalformedInputException if the offset is not within the table, or no NUL follows within it
     */
    public int length(long offset) {
        return length(offset, size);
    }

    /**
     * As {@link #length(long)}, but at most a limit: to tell that a string is too long, not all of it is looked at.
     *
     * @param limit not negative
     */
    public int length(long offset, int limit) {
        checkOffset(offset);
        int begin = start + (int) offset;
        int end = start + (int) Math.min(size, offset + limit);
        int at = begin;
        // eight bytes at once, up to the word with the NUL: a pass over all symbols spends most of its time here
        while (at <= end - Long.BYTES) {
            long word = (long) WORDS.get(bytes, at);
            long nuls = (word - ONES) & ~word & HIGH_BITS;
            if (nuls != 0) {
                return at + Long.numberOfTrailingZeros(nuls) / Byte.SIZE - begin;
            }
            at += Long.BYTES;
        }
        while (at < end && bytes[at] != 0) {
            at++;
        }
        if (at == start + size) {
            throw fault(offset, "no NUL before the end of the table", "a NUL-terminated string");
        }
        return at - begin;
    }

    /**
     * The string at an offset.
     *
     * @throws MalformedInputException as {@link #length}
     */
    public String string(long offset) {
        int length = length(offset);
        return Section.latin1(bytes, start + (int) offset, length);
    }

    /**
     * Whether the string at an offset is this one, compared as bytes: no String is made, however long the one in the file is. A
     * string that no NUL ends is equal to none.
     *
     * @throws MalformedInputException if the offset is not within the table
     */
    boolean matches(long offset, String expected) {
        checkOffset(offset);
        int length = expected.length();
        if (length >= size - offset) {
            return false;
        }
        int at = start + (int) offset;
        if (bytes[at + length] != 0) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[at + i] == 0 || Byte.toUnsignedInt(bytes[at + i]) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void checkOffset(long offset) {
        if (offset < 0 || offset >= size) {
            throw fault(
                    offset,
                    "an offset of " + ElfFile.hex(offset),
                    "an offset below the table's size " + ElfFile.hex(size));
        }
    }

    private MalformedInputException fault(long offset, String found, String expected) {
        // The table may be the one with the sections' names: then describe() cannot give this section's own.
        return section.file().fault("string in section " + section.index(), section.offset() + offset, found, expected);
    }
}
