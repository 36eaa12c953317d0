package org.jkmod.conformance;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_INFO_LINK;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * A module taken apart, to be put together again with something changed: sections keep their indexes, what is added comes behind them.
 * Nothing that is asked for is checked, for what comes out is meant to be broken. Of 64 bits and little-endian, as all modules of the
 * architectures here are. Used by one thread.
 */
final class ModuleEditor {
    /** A section, with all that its header says. */
    static final class Part {
        String name;
        int type;
        long flags;
        long address;
        int link;
        int info;
        long align;
        long entsize;
        /** What is in the file; of nothing, for a section without bytes there. */
        byte[] content = {};
        /** What the header says, where there are no bytes in the file. */
        long nobits;

        private Part(String name, int type, long flags, long align) {
            this.name = name;
            this.type = type;
            this.flags = flags;
            this.align = align;
        }

        private static Part of(Section section) {
            Part part = new Part(section.name(), section.type(), section.flags(), section.addralign());
            part.address = section.address();
            part.link = section.link();
            part.info = section.info();
            part.entsize = section.entsize();
            part.nobits = section.size();
            if (section.type() != SHT_NOBITS && section.index() != 0) {
                part.content = new byte[(int) section.size()];
                section.bytes().get(part.content);
            }
            return part;
        }

        private boolean hasContent() {
            return content.length > 0;
        }

        /** The content, to be read and written. */
        ByteBuffer bytes() {
            return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        }

        /** Puts more behind the content. */
        void append(byte[] more) {
            int at = content.length;
            content = Arrays.copyOf(content, at + more.length);
            System.arraycopy(more, 0, content, at, more.length);
        }
    }

    private static final int HEADER = 64;
    private static final int E_SHOFF = 40;
    private static final int E_SHNUM = 60;
    private static final int E_SHSTRNDX = 62;
    private static final int SYMBOL = 24;
    private static final int RELA = 24;

    /** Where {@link #relocate} puts its places, and how much room is there. */
    static final String PLACES = ".data.jkmod";

    static final int PLACES_SIZE = 64;

    private final byte[] header;
    private final List<Part> parts = new ArrayList<>();
    private final int names;

    private ModuleEditor(ElfFile elf) {
        header = Arrays.copyOf(elf.array(), HEADER);
        for (Section section : elf.sections()) {
            parts.add(Part.of(section));
        }
        names = elf.sectionNameIndex();
    }

    /**
     * Takes a module apart.
     *
     * @param module as it was built: sound; what follows its sections, as a signature, is left out
     */
    static ModuleEditor of(byte[] module) {
        return new ModuleEditor(ElfFile.parse(module, "module"));
    }

    /**
     * A section.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    Part section(String name) {
        return parts.get(index(name));
    }

    /** Whether there is one of that name. */
    boolean hasSection(String name) {
        return parts.stream().anyMatch(p -> p.name.equals(name));
    }

    private int index(String name) {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).name.equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no section " + name);
    }

    /** Adds a section; it is empty. */
    Part add(String name, int type, long flags, long align) {
        Part part = new Part(name, type, flags, align);
        parts.add(part);
        return part;
    }

    /** The number of sections. */
    int count() {
        return parts.size();
    }

    /** The index of a symbol in {@code .symtab}; of the first of that name. */
    int symbol(String name) {
        ByteBuffer symbols = section(".symtab").bytes();
        byte[] strings = section(".strtab").content;
        for (int i = 1; i < symbols.capacity() / SYMBOL; i++) {
            if (string(strings, symbols.getInt(i * SYMBOL)).equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no symbol " + name);
    }

    private static String string(byte[] strings, int start) {
        int end = start;
        while (strings[end] != 0) {
            end++;
        }
        return new String(strings, start, end - start, StandardCharsets.ISO_8859_1);
    }

    /**
     * Adds a symbol behind the others.
     *
     * @return its index
     */
    int addSymbol(String name, int info, int sectionIndex, long value, long size) {
        Part strings = section(".strtab");
        int start = strings.content.length;
        strings.append((name + '\0').getBytes(StandardCharsets.ISO_8859_1));
        Part symbols = section(".symtab");
        int index = symbols.content.length / SYMBOL;
        symbols.append(ByteBuffer.allocate(SYMBOL)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(start)
                .put((byte) info)
                .put((byte) 0)
                .putShort((short) sectionIndex)
                .putLong(value)
                .putLong(size)
                .array());
        return index;
    }

    /** Adds a relocation of the first place in a section of data of its own; the next one is of the place behind it, eight bytes on. */
    void relocate(long type, int symbol, long addend) {
        if (!hasSection(PLACES)) {
            add(PLACES, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8).content = new byte[PLACES_SIZE];
            Part added = add(".rela" + PLACES, SHT_RELA, SHF_INFO_LINK, 8);
            added.link = index(".symtab");
            added.info = index(PLACES);
            added.entsize = RELA;
        }
        int done = section(".rela" + PLACES).content.length / RELA;
        relocateAt(8L * done, type, symbol, addend);
    }

    /** As {@link #relocate}, of any place in or beyond that section, once it is there. */
    void relocateAt(long offset, long type, int symbol, long addend) {
        section(".rela" + PLACES)
                .append(ByteBuffer.allocate(RELA)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(offset)
                        .putLong((long) symbol << 32 | (type & 0xffffffffL))
                        .putLong(addend)
                        .array());
    }

    /** Cuts symbols off {@code .symtab} or bytes off anything: leaves so many bytes. */
    void shorten(String name, int length) {
        section(name).content = Arrays.copyOf(section(name).content, length);
    }

    /** Names of symbols, for those who want to know what there is. */
    static List<String> undefined(byte[] module) {
        SymbolTable symbols = ElfFile.parse(module, "module").symbols().orElseThrow();
        List<String> found = new ArrayList<>();
        for (int i = 1; i < symbols.count(); i++) {
            if (symbols.rawSectionIndex(i) == 0) {
                found.add(symbols.name(i));
            }
        }
        return found;
    }

    /** The module's bytes. */
    byte[] toBytes() {
        Part sectionNames = parts.get(names);
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        int[] nameOffsets = new int[parts.size()];
        for (int i = 0; i < parts.size(); i++) {
            nameOffsets[i] = strings.size();
            strings.writeBytes((parts.get(i).name + '\0').getBytes(StandardCharsets.ISO_8859_1));
        }
        sectionNames.content = strings.toByteArray();

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header);
        ByteBuffer headers = ByteBuffer.allocate(HEADER * parts.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            pad(out, Math.max(1, Math.min(part.align, 64)));
            headers.putInt(nameOffsets[i]).putInt(part.type).putLong(part.flags).putLong(part.address);
            headers.putLong(i == 0 ? 0 : out.size());
            headers.putLong(
                    (part.type == SHT_NOBITS && !part.hasContent()) || i == 0 ? part.nobits : part.content.length);
            headers.putInt(part.link).putInt(part.info).putLong(part.align).putLong(part.entsize);
            out.writeBytes(part.content);
        }
        pad(out, 8);
        int shoff = out.size();
        out.writeBytes(headers.array());
        byte[] file = out.toByteArray();
        ByteBuffer.wrap(file)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(E_SHOFF, shoff)
                .putShort(E_SHNUM, (short) parts.size())
                .putShort(E_SHSTRNDX, (short) names);
        return file;
    }

    private static void pad(ByteArrayOutputStream out, long align) {
        while (out.size() % align != 0) {
            out.write(0);
        }
    }
}
