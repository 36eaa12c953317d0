package org.jkmod.symtab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;

/**
 * {@code /proc/kallsyms}: the symbols of a running kernel and its modules, and where they are; or a {@code System.map}:
 * those of a kernel as it was linked. Immutable.
 *
 * <p>A line is a symbol (kernel/kallsyms.c, {@code s_show()}); System.map, which {@code nm -n} writes, has the first
 * form only:
 *
 * <pre>
 * ffffffff81000000 T _text
 * ffffffffc0201000 t ftrace_trampoline   [__builtin__ftrace]
 * address          type, name            module, after a tab; a space is read, too
 * </pre>
 *
 * <p>Odd about it:
 *
 * <ul>
 *   <li>Without privilege (kptr_restrict) all addresses read as 0: {@link #hasAddresses()}.
 *   <li>The addresses of a System.map are those of the link; a kernel with KASLR runs elsewhere.
 *   <li>Names are not unique: every file of the kernel may have its own static function of a name. Walk them with
 *       {@link #first(String)} and {@link #next}.
 *   <li>Names are not always words: local labels that the assembler made up contain control characters (a byte
 *       2 in {@code .L1?2}), and on RISC-V end in a space ({@code ".L0 "}).
 *   <li>The symbols of per-CPU variables are offsets in the per-CPU section, not addresses: type A or a.
 * </ul>
 *
 * <p>Symbols are numbered as the lines are, from 0.
 */
public final class Kallsyms {
    /** The kernel's MODULE_NAME_LEN is 56; a saved table has a byte for the length. */
    private static final int MAX_MODULE_NAME = 255;

    private static final int DIGITS_64 = 16;
    private static final int DIGITS_32 = 8;
    /** Address, space, type, space, a name of one byte, newline. */
    private static final int MIN_ROW = DIGITS_32 + 1 + 1 + 1 + 1 + 1;

    private final long[] addresses;
    private final byte[] types;
    private final int[] modules;
    private final String[] moduleNames;
    private final NameIndex names;
    private final int[] nameIds;
    /** By the id of a name: the first symbol that has it. */
    private final int[] firsts;
    /** By symbol: the next one of the same name, or -1. */
    private final int[] nexts;

    private Kallsyms(Reader reader) {
        this(
                Arrays.copyOf(reader.addresses, reader.size),
                Arrays.copyOf(reader.types, reader.size),
                Arrays.copyOf(reader.modules, reader.size),
                reader.moduleTable.names(),
                NameIndex.copyOf(reader.names),
                Arrays.copyOf(reader.nameIds, reader.size));
    }

    Kallsyms(long[] addresses, byte[] types, int[] modules, String[] moduleNames, NameIndex names, int[] nameIds) {
        int size = addresses.length;
        this.addresses = addresses;
        this.types = types;
        this.modules = modules;
        this.moduleNames = moduleNames;
        this.names = names;
        this.nameIds = nameIds;
        firsts = new int[names.size()];
        nexts = new int[size];
        Arrays.fill(firsts, -1);
        for (int symbol = size - 1; symbol >= 0; symbol--) {
            nexts[symbol] = firsts[nameIds[symbol]];
            firsts[nameIds[symbol]] = symbol;
        }
    }

    /** The symbols of a kernel without modules, a row of each array for a symbol; the arrays are kept. */
    static Kallsyms of(long[] addresses, byte[] types, NameTable names, int[] nameIds) {
        return new Kallsyms(
                addresses, types, new int[addresses.length], new String[] {""}, NameIndex.copyOf(names), nameIds);
    }

    /**
     * Reads a file in the format of {@code /proc/kallsyms}: that file itself, or a copy of it.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException as {@link #parse}, or if it has more than 256 MiB
     */
    public static Kallsyms read(Path file) throws IOException {
        return new Kallsyms(new Reader(TextFile.read(file), true));
    }

    /**
     * Reads the bytes of a file in the format of {@code /proc/kallsyms}. The last line needs no newline.
     *
     * @param bytes what the file says; not kept
     * @param file its name, for messages
     * @throws MalformedInputException if a line is not a symbol, or its address has not as many digits as that of the
     *     first
     */
    public static Kallsyms parse(byte[] bytes, String file) {
        return new Kallsyms(new Reader(new TextFile(bytes, file), true));
    }

    /**
     * Reads a {@code System.map}. Debian's kernel packages have one that only says where the real one is; it is
     * malformed, and the message quotes it.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException as {@link #parseSystemMap}, or if it has more than 256 MiB
     */
    public static Kallsyms readSystemMap(Path file) throws IOException {
        return new Kallsyms(new Reader(TextFile.read(file), false));
    }

    /**
     * Reads the bytes of a {@code System.map}. The last line needs no newline.
     *
     * @param bytes what the file says; not kept
     * @param file its name, for messages
     * @throws MalformedInputException as {@link #parse}, or if a line names a module
     */
    public static Kallsyms parseSystemMap(byte[] bytes, String file) {
        return new Kallsyms(new Reader(new TextFile(bytes, file), false));
    }

    /** How many symbols there are; their numbers are below it. */
    public int size() {
        return addresses.length;
    }

    /**
     * The address of a symbol, unsigned; that of a 32-bit kernel is below 2<sup>32</sup>.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public long address(int symbol) {
        return addresses[symbol];
    }

    /**
     * The type of a symbol: a letter of nm(1), or {@code ?}. {@code t} is text, {@code d} data, {@code r} read-only
     * data, {@code b} bss, {@code a} absolute or per-CPU, {@code v} and {@code w} weak. For the case of the letter see
     * {@link #global}.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public char type(int symbol) {
        return (char) types[symbol];
    }

    /**
     * The name of a symbol.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public String name(int symbol) {
        return names.name(nameIds[symbol]);
    }

    /**
     * The id of a symbol's name in {@link #names()}.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public int nameId(int symbol) {
        return nameIds[symbol];
    }

    /**
     * The module that a symbol belongs to, or "" for the kernel itself. Code made at run time has {@code bpf}, {@code
     * __builtin__ftrace} or {@code __builtin__kprobes}.
     *
     * @return the same object for the same module
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public String module(int symbol) {
        return moduleNames[modules[symbol]];
    }

    /**
     * Whether the letter says that a symbol is global.
     *
     * <p>For the kernel's own symbols the letters are nm(1)'s: an upper-case one is global, and so are {@code u},
     * {@code v} and {@code w} (unique and weak symbols), whose case says something else. An exported symbol is always
     * global; a global one need not be exported.
     *
     * <p>For a module's symbols the kernel chooses the case: upper when the module exports the symbol, lower when it
     * does not, whatever its binding ({@code s_show()}: "Label it global if it is exported"). So here only upper case
     * is global.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public boolean global(int symbol) {
        byte type = types[symbol];
        return (type >= 'A' && type <= 'Z') || (modules[symbol] == 0 && (type == 'u' || type == 'v' || type == 'w'));
    }

    /** All names, each once. Their ids are not the numbers of symbols: see {@link #nameId}, {@link #first(String)}. */
    public NameIndex names() {
        return names;
    }

    /** The first symbol of a name, in the order of the file, or -1 if there is none. */
    public int first(String name) {
        int id = names.find(name);
        return id < 0 ? -1 : firsts[id];
    }

    /**
     * The first symbol of a name, in the order of the file, or -1 if there is none. Allocates nothing.
     *
     * @param bytes where the name is
     * @param offset index of its first byte
     * @param length its length in bytes
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public int first(byte[] bytes, int offset, int length) {
        int id = names.find(bytes, offset, length);
        return id < 0 ? -1 : firsts[id];
    }

    /**
     * The next symbol of the same name, in the order of the file, or -1 if there is no other.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public int next(int symbol) {
        return nexts[symbol];
    }

    /** Whether any address is other than 0: if not, the file was read without the privilege to see them. */
    public boolean hasAddresses() {
        for (long address : addresses) {
            if (address != 0) {
                return true;
            }
        }
        return false;
    }

    /** A new index over the addresses of all symbols; its ids are the numbers of symbols. Costs a sort: keep it. */
    public AddressIndex addressIndex() {
        int[] symbols = new int[addresses.length];
        Arrays.setAll(symbols, symbol -> symbol);
        return AddressIndex.of(addresses, symbols);
    }

    /** Reads lines into columns, which have room to spare. */
    private static final class Reader {
        private final TextFile text;
        private final byte[] bytes;
        private final boolean modulesAllowed;
        private final NameTable names = new NameTable();
        private final long[] addresses;
        private final byte[] types;
        private final int[] nameIds;
        private final int[] modules;
        private final NameColumn moduleTable = new NameColumn();
        /** How many digits every address has; -1 before the first. */
        private int digits = -1;

        private int size;

        Reader(TextFile text, boolean modulesAllowed) {
            this.text = text;
            this.modulesAllowed = modulesAllowed;
            bytes = text.bytes();
            int rows = text.maxRows(MIN_ROW);
            addresses = new long[rows];
            types = new byte[rows];
            nameIds = new int[rows];
            modules = new int[rows];
            // The kernel itself is module 0, also in a file that begins with a module's symbol.
            moduleTable.intern(bytes, 0, 0);
            for (int start = 0; start < bytes.length; size++) {
                start = readRow(start);
            }
        }

        /** Reads the line that begins at {@code start}, and says where the next one does. */
        private int readRow(int start) {
            int at = start;
            long address = 0;
            for (int digit; (digit = TextFile.hexDigit(bytes[at])) >= 0; at++) {
                address = (address << 4) | digit;
            }
            if (at - start != digits) {
                checkDigits(start, at - start);
            }
            if (bytes[at] != ' ' || !isType(bytes[at + 1]) || bytes[at + 2] != ' ') {
                throw text.malformed(size, start, "a type after the address: a letter, - or ?, between single spaces");
            }
            addresses[size] = address;
            types[size] = bytes[at + 1];
            return readName(start, at + 3);
        }

        private void checkDigits(int start, int found) {
            if (digits >= 0 || (found != DIGITS_64 && found != DIGITS_32)) {
                String count = digits < 0 ? "16 (or, on 32 bits, 8)" : digits + ", as in line 1,";
                throw text.malformed(size, start, "an address of " + count + " hexadecimal digits");
            }
            digits = found;
        }

        private int readName(int start, int nameStart) {
            int nameEnd = nameStart;
            while (isNameByte(bytes[nameEnd])) {
                nameEnd++;
            }
            int at = nameEnd;
            while (bytes[at] == ' ') {
                at++;
            }
            boolean module = bytes[at] == '\t' || (bytes[at] == '[' && at > nameEnd);
            if (nameEnd == nameStart || (!module && bytes[at] != '\n')) {
                throw text.malformed(size, start, "a name, then the end of the line" + orModule());
            }
            // Spaces belong to the name, but for the one that stands for the tab.
            nameEnd = bytes[at] == '[' ? at - 1 : at;
            nameIds[size] = names.intern(bytes, nameStart, nameEnd - nameStart);
            if (module) {
                return readModule(start, bytes[at] == '[' ? at : at + 1);
            }
            modules[size] = moduleTable.intern(bytes, at, 0);
            return at + 1;
        }

        private int readModule(int start, int bracket) {
            int at = bracket;
            if (bytes[at] == '[') {
                do {
                    at++;
                } while (isNameByte(bytes[at]) && bytes[at] != '[' && bytes[at] != ']');
            }
            boolean closed = bytes[at] == ']' && at > bracket + 1 && bytes[at + 1] == '\n';
            if (at - bracket - 1 > MAX_MODULE_NAME) {
                throw text.malformed(size, start, "a module's name of at most " + MAX_MODULE_NAME + " bytes");
            }
            if (!closed || !modulesAllowed) {
                throw text.malformed(size, start, "the end of the line after the name" + orModule());
            }
            modules[size] = moduleTable.intern(bytes, bracket + 1, at - bracket - 1);
            return at + 2;
        }

        private String orModule() {
            return modulesAllowed ? " or a tab and [module]" : ", for a System.map has no modules";
        }

        private static boolean isType(byte b) {
            int lower = b | 0x20;
            return (lower >= 'a' && lower <= 'z') || b == '?' || b == '-';
        }

        /** Anything but NUL and what C's isspace() knows: what may follow a name is then no part of it. */
        private static boolean isNameByte(byte b) {
            return b > ' ' || b < 0 || (b > 0 && b < '\t') || (b > '\r' && b < ' ');
        }
    }
}
