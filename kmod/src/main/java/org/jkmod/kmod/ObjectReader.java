package org.jkmod.kmod;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;

/**
 * Reads of modules what depmod asks for, and nothing else: names of symbols, and a few lines of {@code .modinfo}. Of both classes and
 * byte orders. Kept apart from {@link org.jkmod.elf.ElfFile}, which reads any ELF file wholly: a tree has four thousand modules with a
 * million symbols, and depmod takes a third of a second. One serves for many files; not safe for threads.
 */
final class ObjectReader implements Closeable {
    private static final byte[] MODINFO = bytes(".modinfo");
    private static final byte[] SYMTAB = bytes(".symtab");
    private static final byte[] STRTAB = bytes(".strtab");
    private static final byte[] VERSIONS = bytes("__versions");
    private static final byte[] STRINGS = bytes("__ksymtab_strings");
    private static final byte[][] NAMES = {MODINFO, SYMTAB, STRTAB, VERSIONS, STRINGS};
    private static final byte[] CRC = bytes("__crc_");
    private static final byte[] ALIAS = bytes("alias");
    private static final byte[] SOFTDEP = bytes("softdep");
    private static final byte[] WEAKDEP = bytes("weakdep");
    private static final byte[][] KEYS = {ALIAS, SOFTDEP, WEAKDEP};

    /** An entry of {@code __versions}: a CRC, and a name in what is left of it. */
    private static final int VERSION_SIZE = 64;

    private static final int EM_SPARC = 2;
    private static final int EM_SPARC32PLUS = 18;
    private static final int EM_SPARCV9 = 43;
    private static final int STT_REGISTER = 13;
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_XINDEX = 0xffff;

    private final ObjectSource source = new ObjectSource();
    /** All names that were read. */
    final NamePool names = new NamePool(1 << 14);

    /** Values of .modinfo. */
    final ByteText info = new ByteText(1 << 20);

    private final boolean wantCrcs;
    private int[] list = new int[1 << 10];
    private boolean wide;
    private boolean little;
    private int machine;
    /** Where the section headers are, and how many there are. */
    private int headers;

    private int sections;
    private int headerSize;
    /** The headers' numbers of the sections of {@link #NAMES}; 0 if there is none. */
    private final int[] found = new int[NAMES.length];

    /** Since the last time a mark was set, which names were seen. */
    private int[] seen = {};

    private int mark;

    ObjectReader(boolean wantCrcs) {
        this.wantCrcs = wantCrcs;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /**
     * Reads a file. What is wrong with one part does not keep others from being read; the module has what could be.
     *
     * @throws IOException if it cannot be opened
     */
    ScannedModule read(String path) throws IOException {
        ScannedModule module = new ScannedModule(this);
        try {
            source.open(path);
            read(module);
        } catch (MalformedInputException e) {
            module.fault(e);
        } finally {
            source.closeFile();
        }
        return module;
    }

    ScannedModule read(byte[] contents, String path) throws IOException {
        ScannedModule module = new ScannedModule(this);
        try {
            source.open(contents, path);
            read(module);
        } catch (MalformedInputException e) {
            module.fault(e);
        }
        return module;
    }

    /** When it will read no more; what it has read stays. */
    @Override
    public void close() throws IOException {
        source.close();
    }

    private void read(ScannedModule module) throws IOException {
        header();
        try {
            symbols(module);
        } catch (MalformedInputException e) {
            module.exports = ScannedModule.NONE;
            module.imports = ScannedModule.NONE;
            module.fault(e);
        }
        try {
            modinfo(module);
        } catch (MalformedInputException e) {
            module.fault(e);
        }
    }

    private void header() throws IOException {
        byte[] b = source.bytes;
        if (source.size < 52 || b[0] != 0x7f || b[1] != 'E' || b[2] != 'L' || b[3] != 'F') {
            throw source.malformed("e_ident", 0, "no ELF file", "7f 45 4c 46");
        }
        wide = b[4] == 2;
        little = b[5] == 1;
        if ((!wide && b[4] != 1) || (!little && b[5] != 2)) {
            throw source.malformed("e_ident", 4, "class " + b[4] + ", data " + b[5], "1 or 2");
        }
        if (wide && source.size < 64) {
            throw source.malformed("size", 0, source.size + " bytes", "a header of 64");
        }
        machine = half(18);
        long offset = wide ? word(40) : uword(32);
        headerSize = wide ? 64 : 40;
        int entry = half(wide ? 58 : 46);
        sections = half(wide ? 60 : 48);
        int strings = half(wide ? 62 : 50);
        if (entry != headerSize) {
            throw source.malformed("e_shentsize", wide ? 58 : 46, entry + " bytes", headerSize + " bytes");
        }
        if (offset != 0 && (sections == 0 || strings == SHN_XINDEX)) {
            headers = source.load(offset, headerSize, "section 0");
            sections = sections == 0 ? (int) Math.min(Integer.MAX_VALUE, size(0)) : sections;
            strings = strings == SHN_XINDEX ? uint(headers + (wide ? 40 : 24)) : strings;
        }
        headers = source.load(offset, (long) sections * headerSize, "section headers");
        if (strings <= 0 || strings >= sections) {
            throw source.malformed("e_shstrndx", wide ? 62 : 50, "section " + strings, "one of " + sections);
        }
        names(source.load(offset(strings), size(strings), "section names"), size(strings));
    }

    private void names(int at, long size) {
        Arrays.fill(found, 0);
        byte[] b = source.bytes;
        for (int i = 1; i < sections; i++) {
            long name = uword(headers + i * headerSize);
            if (name >= size) {
                throw source.malformed("sh_name of section " + i, name, "offset " + name, "less than " + size);
            }
            // Most begin with neither.
            int from = at + (int) name;
            byte second = name + 1 < size ? b[from + 1] : 0;
            if ((b[from] == '.' && (second == 'm' || second == 's')) || (b[from] == '_' && second == '_')) {
                for (int n = 0; n < NAMES.length; n++) {
                    int length = NAMES[n].length;
                    if (found[n] == 0
                            && name + length < size
                            && b[from + length] == 0
                            && Arrays.equals(b, from, from + length, NAMES[n], 0, length)) {
                        found[n] = i;
                    }
                }
            }
        }
    }

    private void symbols(ScannedModule module) throws IOException {
        int exports = 0;
        int imports = 0;
        mark++;
        int symtab = found[1];
        int strtab = found[2];
        if (symtab != 0 && strtab != 0) {
            // The one before the other, as a rule: then they are read at once.
            int entry = wide ? 24 : 16;
            long tableSize = size(symtab);
            if (tableSize % entry != 0) {
                throw source.malformed("sh_size of .symtab", symtab, tableSize + " bytes", "a multiple of " + entry);
            }
            int stringsSize = (int) Math.min(Integer.MAX_VALUE, size(strtab));
            boolean adjacent = offset(symtab) + tableSize == offset(strtab) && tableSize > 0;
            int table = source.load(
                    offset(symtab),
                    adjacent ? tableSize + stringsSize : tableSize,
                    adjacent ? ".symtab and .strtab" : ".symtab");
            int strings = adjacent ? table + (int) tableSize : source.load(offset(strtab), stringsSize, ".strtab");
            text(strings, stringsSize, ".strtab");
            byte[] b = source.bytes;
            int indexAt = wide ? 6 : 14;
            boolean sparc = machine == EM_SPARC || machine == EM_SPARC32PLUS || machine == EM_SPARCV9;
            int end = table + (int) tableSize;
            int[] undefined = list;
            for (int at = table + entry; at < end; at += entry) {
                int name = uint(at);
                if (name < 0 || name >= stringsSize) {
                    throw source.malformed(
                            "st_name in .symtab",
                            at - table,
                            Integer.toUnsignedString(name),
                            "less than " + stringsSize);
                }
                int from = strings + name;
                if (b[at + indexAt] == 0 && b[at + indexAt + 1] == 0) {
                    if (b[from] != 0 && !(sparc && (b[at + (wide ? 4 : 12)] & 0xf) == STT_REGISTER)) {
                        int id = names.intern(b, from, end(b, from));
                        if (isFirst(id)) {
                            if (imports == undefined.length) {
                                undefined = list = Arrays.copyOf(list, imports * 2);
                            }
                            undefined[imports++] = id;
                        }
                    }
                } else if (b[from] == '_' && b[from + 1] == '_' && b[from + 2] == 'c' && isCrc(b, from)) {
                    module.export(
                            exports++,
                            names.intern(b, from + CRC.length, end(b, from)),
                            wantCrcs ? crc(at) : 0,
                            wantCrcs);
                }
            }
        }
        module.exports = Arrays.copyOf(module.exports, exports);
        if (exports == 0 && found[4] != 0) {
            strings(module);
        }
        imports = versions(module, imports);
        module.imports = imports == 0 ? ScannedModule.NONE : Arrays.copyOf(list, imports);
    }

    /** Whether it is the first time that a name is seen in this file. */
    private boolean isFirst(int id) {
        if (id >= seen.length) {
            seen = Arrays.copyOf(seen, Math.max(1 << 14, id * 2));
        }
        if (seen[id] == mark) {
            return false;
        }
        seen[id] = mark;
        return true;
    }

    private static boolean isCrc(byte[] b, int from) {
        return b[from + 3] == 'r' && b[from + 4] == 'c' && b[from + 5] == '_';
    }

    /** The CRC that a symbol {@code __crc_NAME} stands for: its value, or the word where it is. */
    private int crc(int at) throws IOException {
        int index = half(at + (wide ? 6 : 14));
        long value = wide ? word(at + 8) : uword(at + 4);
        if (index == SHN_ABS || index >= sections) {
            return (int) value;
        }
        if (value < 0 || value > size(index) - 4) {
            return 0;
        }
        return uint(source.load(offset(index) + value, 4, "CRC"));
    }

    /** Names of exports where there are no CRCs. */
    private void strings(ScannedModule module) throws IOException {
        int section = found[4];
        int size = (int) Math.min(Integer.MAX_VALUE, size(section));
        int at = source.load(offset(section), size, "__ksymtab_strings");
        byte[] b = source.bytes;
        int exports = 0;
        int end = at + size;
        while (at < end) {
            int from = at;
            while (at < end && b[at] != 0) {
                at++;
            }
            if (at > from) {
                module.export(exports++, names.intern(b, from, at), 0, wantCrcs);
            }
            at++;
        }
        module.exports = Arrays.copyOf(module.exports, exports);
    }

    /** Adds the imports that only {@code __versions} has. */
    private int versions(ScannedModule module, int undefined) throws IOException {
        int section = found[3];
        int imports = undefined;
        if (section == 0) {
            return imports;
        }
        long size = size(section);
        if (size % VERSION_SIZE != 0) {
            throw source.malformed("sh_size of __versions", section, size + " bytes", "a multiple of " + VERSION_SIZE);
        }
        int at = source.load(offset(section), size, "__versions");
        byte[] b = source.bytes;
        int skip = wide ? 8 : 4;
        int[] found = list;
        for (int end = at + (int) size; at < end; at += VERSION_SIZE) {
            int from = at + skip;
            int to = from;
            while (to < at + VERSION_SIZE && b[to] != 0) {
                to++;
            }
            if (to == at + VERSION_SIZE) {
                throw source.malformed("__versions", at, "a name without an end", "a NUL");
            }
            int id = names.intern(b, from, to);
            if (wantCrcs) {
                module.version(id, uint(little || !wide ? at : at + 4));
            }
            if (isFirst(id)) {
                if (imports == found.length) {
                    found = list = Arrays.copyOf(list, imports * 2);
                }
                found[imports++] = id;
            }
        }
        return imports;
    }

    private void modinfo(ScannedModule module) throws IOException {
        int section = found[0];
        if (section == 0) {
            return;
        }
        int size = (int) Math.min(Integer.MAX_VALUE, size(section));
        int at = source.load(offset(section), size, ".modinfo");
        byte[] b = source.bytes;
        int end = at + size;
        while (at < end) {
            int from = at;
            while (at < end && b[at] != 0) {
                at++;
            }
            if (at - from >= 5 && (b[from] == 'a' || b[from] == 's' || b[from] == 'w')) {
                value(module, from, at);
            }
            at++;
        }
    }

    /** Takes a line of .modinfo if it is one of the wanted; a key alone has an empty value. */
    private void value(ScannedModule module, int from, int to) {
        byte[] b = source.bytes;
        for (int kind = 0; kind < KEYS.length; kind++) {
            int end = from + KEYS[kind].length;
            if (end <= to && Arrays.equals(b, from, end, KEYS[kind], 0, end - from) && (end == to || b[end] == '=')) {
                int value = Math.min(to, end + 1);
                module.info(kind, info.size, to - value);
                info.add(b, value, to - value);
            }
        }
    }

    /** Text must end with a NUL, so that every name in it does. */
    private void text(int at, int size, String what) {
        if (size == 0 || source.bytes[at + size - 1] != 0) {
            throw source.malformed(what, size, "no NUL at its end", "one");
        }
    }

    private static int end(byte[] b, int from) {
        int at = from;
        while (b[at] != 0) {
            at++;
        }
        return at;
    }

    private long offset(int section) {
        int at = headers + section * headerSize;
        return wide ? word(at + 24) : uword(at + 16);
    }

    private long size(int section) {
        int at = headers + section * headerSize;
        long size = wide ? word(at + 32) : uword(at + 20);
        if (size < 0 || size > source.size) {
            throw source.malformed(
                    "sh_size of section " + section, at, Long.toUnsignedString(size), "at most " + source.size);
        }
        return size;
    }

    private int half(int at) {
        byte[] b = source.bytes;
        return little ? (b[at] & 0xff) | (b[at + 1] & 0xff) << 8 : (b[at + 1] & 0xff) | (b[at] & 0xff) << 8;
    }

    private int uint(int at) {
        byte[] b = source.bytes;
        return little
                ? (b[at] & 0xff) | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16 | b[at + 3] << 24
                : (b[at + 3] & 0xff) | (b[at + 2] & 0xff) << 8 | (b[at + 1] & 0xff) << 16 | b[at] << 24;
    }

    private long uword(int at) {
        return uint(at) & 0xffff_ffffL;
    }

    private long word(int at) {
        return little ? uword(at) | (long) uint(at + 4) << 32 : uword(at + 4) | (long) uint(at) << 32;
    }
}
