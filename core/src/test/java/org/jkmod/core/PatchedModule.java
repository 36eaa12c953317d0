package org.jkmod.core;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/** A good module with a few bytes changed. 64 bits, little-endian; its length never changes. */
public final class PatchedModule {
    private static final int SHDR = 64;
    private static final int SYM = 24;
    private static final int VERSION = 64;

    private final byte[] bytes;
    private final ByteBuffer file;
    /** The file as it was: where its sections are does not change. */
    private final ElfFile elf;

    private PatchedModule(byte[] bytes, String name) {
        this.bytes = bytes;
        this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.elf = ElfFile.parse(bytes.clone(), name);
    }

    /** Begins with the bytes of a file. */
    public static PatchedModule of(Path path) {
        try {
            return new PatchedModule(Files.readAllBytes(path), String.valueOf(path.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins with bytes; they are copied. */
    public static PatchedModule of(byte[] bytes) {
        return new PatchedModule(bytes.clone(), "patched.ko");
    }

    private Section section(String name) {
        return elf.section(name).orElseThrow(() -> new IllegalArgumentException("no section " + name));
    }

    private int shdr(String section) {
        return (int) file.getLong(40) + section(section).index() * SHDR;
    }

    /** Changes a number of 16 bits of the ELF header. */
    public PatchedModule header16(int offset, int value) {
        file.putShort(offset, (short) value);
        return this;
    }

    /** Changes {@code sh_type} of a section. */
    public PatchedModule sectionType(String section, int type) {
        file.putInt(shdr(section) + 4, type);
        return this;
    }

    /** Sets bits in {@code sh_flags} of a section. */
    public PatchedModule sectionFlags(String section, long more) {
        file.putLong(shdr(section) + 8, section(section).flags() | more);
        return this;
    }

    /** Changes {@code sh_size} of a section by so much. */
    public PatchedModule sectionSize(String section, long change) {
        file.putLong(shdr(section) + 32, section(section).size() + change);
        return this;
    }

    /** Changes {@code sh_addralign} of a section. */
    public PatchedModule sectionAlign(String section, long align) {
        file.putLong(shdr(section) + 48, align);
        return this;
    }

    /** Changes {@code sh_name} of a section. */
    public PatchedModule sectionNameOffset(String section, int offset) {
        file.putInt(shdr(section), offset);
        return this;
    }

    /** Changes {@code sh_info} of a section. */
    public PatchedModule sectionInfo(String section, int info) {
        file.putInt(shdr(section) + 44, info);
        return this;
    }

    /** Lets a section of relocations apply to another section. */
    public PatchedModule relocationsOf(String relocations, String target) {
        return sectionInfo(relocations, section(target).index());
    }

    /** Writes another name of the same length over a section's. */
    public PatchedModule sectionName(String section, String name) {
        return put(
                elf.section(elf.sectionNameIndex()).start()
                        + (int) section(section).nameOffset(),
                section,
                name);
    }

    /** Writes other bytes over the first that are these, in a section. */
    public PatchedModule text(String section, String old, String replacement) {
        byte[] from = old.getBytes(StandardCharsets.ISO_8859_1);
        int start = section(section).start();
        int end = start + (int) section(section).size();
        for (int at = start; at + from.length <= end; at++) {
            if (Arrays.equals(bytes, at, at + from.length, from, 0, from.length)) {
                return put(at, old, replacement);
            }
        }
        throw new IllegalArgumentException("no '" + old + "' in " + section);
    }

    private PatchedModule put(int at, String old, String replacement) {
        if (old.length() < replacement.length()) {
            throw new IllegalArgumentException("'" + replacement + "' is longer than '" + old + "'");
        }
        byte[] to = Arrays.copyOf(replacement.getBytes(StandardCharsets.ISO_8859_1), old.length());
        System.arraycopy(to, 0, bytes, at, to.length);
        return this;
    }

    /** Writes a byte of a section. */
    public PatchedModule byteAt(String section, long offset, int value) {
        bytes[section(section).start() + (int) offset] = (byte) value;
        return this;
    }

    /** Writes another entry over an entry of {@code .modinfo}; the rest of a longer one becomes NULs. */
    public PatchedModule modinfo(String old, String replacement) {
        return text(".modinfo", old, replacement);
    }

    /** Renames the module; the new name is not longer than the old one. */
    public PatchedModule name(String old, String replacement) {
        return text(".gnu.linkonce.this_module", old, replacement).modinfo("name=" + old, "name=" + replacement);
    }

    /** Flips bits in the checksum that the module has for a symbol. */
    public PatchedModule crc(String symbol, int mask) {
        int at = version(symbol);
        file.putInt(at, file.getInt(at) ^ mask);
        return this;
    }

    /** Renames the symbol of a checksum: the module has none for it then. */
    public PatchedModule withoutCrc(String symbol) {
        file.put(version(symbol) + 8, (byte) '!');
        return this;
    }

    private int version(String symbol) {
        int start = section("__versions").start();
        for (int at = start; at < start + section("__versions").size(); at += VERSION) {
            if (new String(bytes, at + 8, VERSION - 8, StandardCharsets.ISO_8859_1).split("\0", 2)[0].equals(symbol)) {
                return at;
            }
        }
        throw new IllegalArgumentException("no version of " + symbol);
    }

    /** Changes {@code st_shndx} of a symbol. */
    public PatchedModule symbolSection(String symbol, int index) {
        file.putShort(sym(symbol) + 6, (short) index);
        return this;
    }

    /** Changes {@code st_info} of a symbol. */
    public PatchedModule symbolInfo(String symbol, int info) {
        file.put(sym(symbol) + 4, (byte) info);
        return this;
    }

    private int sym(String symbol) {
        SymbolTable symbols = elf.symbols().orElseThrow();
        for (int i = 1; i < symbols.count(); i++) {
            if (symbols.name(i).equals(symbol)) {
                return symbols.section().start() + i * SYM;
            }
        }
        throw new IllegalArgumentException("no symbol " + symbol);
    }

    /** A relocation of a section of the original file, to be changed. */
    public Rela rela(String section, int index) {
        RelocationTable table = section(section).relocations();
        return new Rela(table, table.start() + index * 24, index);
    }

    /** One relocation. */
    public final class Rela {
        private final RelocationTable table;
        private final int at;
        private final int index;

        private Rela(RelocationTable table, int at, int index) {
            this.table = table;
            this.at = at;
            this.index = index;
        }

        /** Changes its type. */
        public PatchedModule type(int type) {
            file.putInt(at + 8, type);
            return PatchedModule.this;
        }

        /** Changes its symbol's index. */
        public PatchedModule symbol(int symbol) {
            file.putInt(at + 12, symbol);
            return PatchedModule.this;
        }

        /** Changes its addend. */
        public PatchedModule addend(long addend) {
            file.putLong(at + 16, addend);
            return PatchedModule.this;
        }

        /** Writes a byte at its place. */
        public PatchedModule place(int value) {
            bytes[table.target().start() + (int) table.offset(index)] = (byte) value;
            return PatchedModule.this;
        }
    }

    /** The relocation of a section against a symbol of a name. */
    public Rela relaTo(String section, String symbol) {
        RelocationTable table = section(section).relocations();
        SymbolTable symbols = elf.symbols().orElseThrow();
        for (int i = 0; i < table.count(); i++) {
            if (symbols.name(table.symbol(i)).equals(symbol)) {
                return rela(section, i);
            }
        }
        throw new IllegalArgumentException("no relocation against " + symbol + " in " + section);
    }

    /** The file's bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The module. */
    public KernelObject object() {
        return KernelObject.parse(bytes(), elf.name());
    }
}
