package org.jkmod.kmod;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.jkmod.elf.MalformedInputException;

/**
 * Where an ELF file has what modinfo shows of it, found as kmod finds it: it takes what the kernel's loader and linkers would refuse,
 * the first section of a name wins, and a section's type is of no interest.
 */
final class ModinfoSection {
    /** A place in messages: the file is no ELF file at all. */
    static final String MAGIC = "magic number";
    /** A place in messages: there is no such section. */
    static final String NAME = ".modinfo";

    private static final String BUILD_ID = ".note.gnu.build-id";
    private static final int BUILD_ID_TYPE = 3;

    private static final int IDENT = 16;
    /** Of fewer bytes kmod does not even ask whether they are compressed. */
    private static final int MIN_SIZE = 6;

    private static final int SHDR32 = 40;
    private static final int SHDR64 = 64;

    /** How far before the section headers their names are usually found. */
    private static final int BEFORE_HEADERS = 4096;
    /** How much of a file's end is read at once, in bytes: section headers and signature. */
    private static final int MAX_END = 1 << 16;

    private final ModuleBytes file;
    private final boolean is64;
    private final boolean isBig;
    private final ModuleBytes.Slice headers;
    private final ModuleBytes.Slice names;

    private ModinfoSection(
            ModuleBytes file, boolean is64, boolean isBig, ModuleBytes.Slice headers, ModuleBytes.Slice names) {
        this.file = file;
        this.is64 = is64;
        this.isBig = isBig;
        this.headers = headers;
        this.names = names;
    }

    /**
     * Looks at a file's headers.
     *
     * @throws MalformedInputException if it is no ELF file with section headers
     */
    static ModinfoSection of(ModuleBytes file) throws IOException {
        byte[] head = file.copy(0, Math.min(SHDR64, file.size()), "ELF header");
        if (head.length < MIN_SIZE) {
            throw new MalformedInputException(file.name(), "size", 0, head.length + " bytes", "an ELF file");
        }
        if (head.length <= IDENT || head[0] != 0x7f || head[1] != 'E' || head[2] != 'L' || head[3] != 'F') {
            throw new MalformedInputException(file.name(), MAGIC, 0, "other bytes", "an ELF file");
        }
        boolean is64 = head[4] == 2;
        boolean isBig = head[5] == 2;
        if ((!is64 && head[4] != 1) || (!isBig && head[5] != 1)) {
            throw new MalformedInputException(
                    file.name(), "EI_CLASS and EI_DATA", 4, head[4] + " and " + head[5], "1 or 2, each");
        }
        if (head.length < (is64 ? 64 : 52)) {
            throw new MalformedInputException(file.name(), "ELF header", 0, head.length + " bytes", "a whole one");
        }
        long at = is64 ? number(head, 40, 8, isBig) : number(head, 32, 4, isBig);
        int counts = is64 ? 58 : 46;
        int entry = (int) number(head, counts, 2, isBig);
        int count = (int) number(head, counts + 2, 2, isBig);
        int nameIndex = (int) number(head, counts + 4, 2, isBig);
        if (entry != (is64 ? SHDR64 : SHDR32)) {
            throw new MalformedInputException(
                    file.name(), "e_shentsize", counts, String.valueOf(entry), is64 ? "64" : "40");
        }
        if (!file.has(at, (long) entry * count)) {
            throw new MalformedInputException(
                    file.name(), "section headers", at, count + " of them", "a place within the file");
        }
        if (nameIndex == 0 || nameIndex >= count) {
            throw new MalformedInputException(
                    file.name(), "e_shstrndx", counts + 4, String.valueOf(nameIndex), "the index of a section");
        }
        long end = Math.min(file.size(), at + MAX_END);
        file.expect(Math.max(0, at - BEFORE_HEADERS), end);
        ModuleBytes.Slice headers = file.slice(at, (long) entry * count, "section headers");
        ModinfoSection unnamed = new ModinfoSection(file, is64, isBig, headers, headers);
        return new ModinfoSection(file, is64, isBig, headers, unnamed.names(nameIndex));
    }

    private ModuleBytes.Slice names(int index) throws IOException {
        ModuleBytes.Slice read = file.slice(offset(index), size(index), "names of sections");
        if (read.size() == 0 || read.at(read.size() - 1) != 0 || name(index) >= read.size()) {
            throw new MalformedInputException(
                    file.name(),
                    "names of sections",
                    offset(index),
                    "a table without an end",
                    "strings, each with one");
        }
        return read;
    }

    /**
     * The content of {@code .modinfo}.
     *
     * @throws MalformedInputException if there is none
     */
    byte[] modinfo() throws IOException {
        Optional<byte[]> content = content(NAME);
        if (content.isEmpty()) {
            throw new MalformedInputException(file.name(), NAME, 0, "no section of that name", "one");
        }
        return content.get();
    }

    /** What the linker made of the content, if it was told to ({@code ld --build-id}). */
    Optional<byte[]> buildId() throws IOException {
        byte[] note = content(BUILD_ID).orElse(new byte[0]);
        if (note.length < 16) {
            return Optional.empty();
        }
        long nameSize = number(note, 0, 4, isBig);
        long size = number(note, 4, 4, isBig);
        long at = 12 + ((nameSize + 3) & -4L);
        return number(note, 8, 4, isBig) == BUILD_ID_TYPE && size > 0 && at <= note.length && size <= note.length - at
                ? Optional.of(Arrays.copyOfRange(note, (int) at, (int) (at + size)))
                : Optional.empty();
    }

    private Optional<byte[]> content(String wanted) throws IOException {
        int count = headers.size() / (is64 ? SHDR64 : SHDR32);
        for (int i = 1; i < count; i++) {
            if (isNamed(i, wanted) && file.has(offset(i), size(i))) {
                return offset(i) == 0 ? Optional.empty() : Optional.of(file.copy(offset(i), size(i), wanted));
            }
        }
        return Optional.empty();
    }

    private boolean isNamed(int index, String wanted) {
        long at = name(index);
        if (at >= names.size() - wanted.length()) {
            return false;
        }
        byte[] bytes = names.bytes();
        int from = names.from() + (int) at;
        for (int i = 0; i < wanted.length(); i++) {
            if (bytes[from + i] != wanted.charAt(i)) {
                return false;
            }
        }
        return bytes[from + wanted.length()] == 0;
    }

    private long name(int index) {
        return field(index, 0, 4, 0, 4);
    }

    private long offset(int index) {
        return field(index, 24, 8, 16, 4);
    }

    private long size(int index) {
        return field(index, 32, 8, 20, 4);
    }

    private long field(int index, int at64, int size64, int at32, int size32) {
        return is64
                ? number(headers.bytes(), headers.from() + index * SHDR64 + at64, size64, isBig)
                : number(headers.bytes(), headers.from() + index * SHDR32 + at32, size32, isBig);
    }

    /** A number of 2, 4 or 8 bytes; one of 8 may come out negative, which is no place in a file. */
    private static long number(byte[] bytes, int at, int size, boolean isBig) {
        long number = 0;
        if (isBig) {
            for (int i = at; i < at + size; i++) {
                number = (number << Byte.SIZE) | (bytes[i] & 0xff);
            }
        } else {
            for (int i = at + size - 1; i >= at; i--) {
                number = (number << Byte.SIZE) | (bytes[i] & 0xff);
            }
        }
        return number;
    }
}
