package org.jkmod.symtab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;

/**
 * {@code Module.symvers}: what a kernel, or an external module's build, exports. Written by scripts/mod/modpost.c,
 * described in Documentation/kbuild/modules.rst. Immutable.
 *
 * <p>A line is an export, its fields separated by tabs:
 *
 * <pre>
 * 0xe1cc2a05  usb_stor_suspend  drivers/usb/storage/usb-storage  EXPORT_SYMBOL_GPL  USB_STORAGE
 * CRC         name              owner                            export type        namespace, may be empty
 * </pre>
 *
 * <p>Odd about it: there was no namespace before 5.4, so lines of four fields are read, too; and 5.4 and 5.5 at first
 * had it <em>third</em>, which broke {@code depmod -E} and was undone (commit 5190044c2965). The field that holds the
 * export type tells which order a line has. Before 5.12 there were three more export types: {@code
 * EXPORT_UNUSED_SYMBOL}, {@code EXPORT_UNUSED_SYMBOL_GPL} and {@code EXPORT_SYMBOL_GPL_FUTURE}, the last of which any
 * module could still use.
 *
 * <p>Exports are numbered as the lines are, from 0. A name is exported once, so the id of a name in {@link #names()} is
 * the number of its export.
 */
public final class ModuleSymvers {
    /** "0x0", name, owner, "EXPORT_SYMBOL", three tabs and a newline. */
    private static final int MIN_ROW = 3 + 1 + 1 + 13 + 3 + 1;

    private static final int MAX_CRC_DIGITS = 8;
    private static final String[] EXPORT_TYPES = {
        "EXPORT_SYMBOL",
        "EXPORT_UNUSED_SYMBOL",
        "EXPORT_SYMBOL_GPL_FUTURE",
        "EXPORT_SYMBOL_GPL",
        "EXPORT_UNUSED_SYMBOL_GPL"
    };
    /** The export types from here on are for modules with a GPL-compatible licence. */
    private static final int FIRST_GPL_TYPE = 3;

    private static final byte[][] EXPORT_TYPE_BYTES = Arrays.stream(EXPORT_TYPES)
            .map(type -> type.getBytes(StandardCharsets.ISO_8859_1))
            .toArray(byte[][]::new);

    private final NameIndex names;
    private final int[] crcs;
    private final boolean[] gplOnly;
    private final int[] owners;
    private final String[] ownerNames;
    private final int[] namespaces;
    private final String[] namespaceNames;

    private ModuleSymvers(Reader reader) {
        this(reader.columns, reader.owners, reader.ownerTable.names());
    }

    private ModuleSymvers(Columns columns, int[] owners, String[] ownerNames) {
        names = NameIndex.copyOf(columns.names);
        crcs = Arrays.copyOf(columns.crcs, names.size());
        gplOnly = Arrays.copyOf(columns.gplOnly, names.size());
        this.owners = Arrays.copyOf(owners, names.size());
        this.ownerNames = ownerNames;
        namespaces = Arrays.copyOf(columns.namespaces, names.size());
        namespaceNames = columns.namespaceTable.names();
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException as {@link #parse}, or if it has more than 256 MiB
     */
    public static ModuleSymvers read(Path file) throws IOException {
        return new ModuleSymvers(new Reader(TextFile.read(file)));
    }

    /**
     * Reads the bytes of a file. As for modpost, the last line needs no newline.
     *
     * @param bytes what the file says; not kept
     * @param file its name, for messages
     * @throws MalformedInputException if a line is not an export, or exports a name again
     */
    public static ModuleSymvers parse(byte[] bytes, String file) {
        return new ModuleSymvers(new Reader(new TextFile(bytes, file)));
    }

    /** How many exports there are; their numbers are below it. */
    public int size() {
        return crcs.length;
    }

    /**
     * The name of an exported symbol.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public String name(int export) {
        return names.name(export);
    }

    /**
     * The checksum of a symbol's type, as genksyms or gendwarfksyms computed it: 32 bits without a sign. 0 if the
     * kernel was built without CONFIG_MODVERSIONS, or the symbol has none (some written in assembly).
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public int crc(int export) {
        return crcs[export];
    }

    /**
     * Who exports a symbol, as written: {@code vmlinux} for the kernel itself, else the path of the module's file in
     * the build tree, usually without {@code .ko}.
     *
     * @return the same object for the same owner
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public String owner(int export) {
        return ownerNames[owners[export]];
    }

    /**
     * Whether only modules with a GPL-compatible licence may use a symbol.
     *
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public boolean gplOnly(int export) {
        return gplOnly[export];
    }

    /**
     * The namespace that a module has to import before it may use a symbol, or "" for none. Since 6.16, {@code
     * module:kvm-amd,kvm-intel} names the modules that may use it.
     *
     * @return the same object for the same namespace
     * @throws IndexOutOfBoundsException if the number is not below {@link #size()}
     */
    public String namespace(int export) {
        return namespaceNames[namespaces[export]];
    }

    /** The names of all exports; the id of a name is the number of its export. */
    public NameIndex names() {
        return names;
    }

    /** Whether any symbol has a checksum other than 0: whether the kernel was built with CONFIG_MODVERSIONS. */
    public boolean hasCrcs() {
        for (int crc : crcs) {
            if (crc != 0) {
                return true;
            }
        }
        return false;
    }

    /** What is known of exports but for their owners, which may have room to spare. */
    static final class Columns {
        private final NameTable names = new NameTable();
        private final int[] crcs;
        private final boolean[] gplOnly;
        private final int[] namespaces;
        private final NameColumn namespaceTable = new NameColumn();

        Columns(int rows) {
            crcs = new int[rows];
            gplOnly = new boolean[rows];
            namespaces = new int[rows];
        }

        /** How many exports there are, each name once. */
        int size() {
            return names.size();
        }

        /**
         * Puts an export in, if its name is new.
         *
         * @param bytes where the name and the namespace are; the same array in all calls
         * @return the number of the export that has the name
         */
        int add(
                byte[] bytes,
                int name,
                int nameLength,
                int crc,
                boolean forGplOnly,
                int namespace,
                int namespaceLength) {
            int known = names.size();
            int export = names.intern(bytes, name, nameLength);
            if (export == known) {
                crcs[export] = crc;
                gplOnly[export] = forGplOnly;
                namespaces[export] = namespaceTable.intern(bytes, namespace, namespaceLength);
            }
            return export;
        }

        /** The exports of one owner. */
        ModuleSymvers of(String owner) {
            return new ModuleSymvers(this, new int[names.size()], new String[] {owner});
        }
    }

    /** Reads lines into columns, which have room to spare. */
    private static final class Reader {
        private final TextFile text;
        private final byte[] bytes;
        private final Columns columns;
        private final int[] owners;
        private final NameColumn ownerTable = new NameColumn();
        /** Where the fields of the line begin, and one after its end: field i ends before {@code starts[i + 1] - 1}. */
        private final int[] starts = new int[6];

        Reader(TextFile text) {
            this.text = text;
            bytes = text.bytes();
            int rows = text.maxRows(MIN_ROW);
            columns = new Columns(rows);
            owners = new int[rows];
            int start = 0;
            for (int row = 0; start < bytes.length; row++) {
                start = readRow(row, start);
            }
        }

        /** Reads the line that begins at {@code start}, and says where the next one does. */
        private int readRow(int row, int start) {
            int fields = split(row, start);
            if (fields < 4 || fields > 5) {
                throw text.malformed(
                        row, start, "4 or 5 fields separated by tabs: CRC, name, module, export type, namespace");
            }
            int exportField = 3;
            int type = exportType(exportField);
            if (type < 0 && fields == 5) {
                exportField = 4;
                type = exportType(exportField);
            }
            if (type < 0) {
                throw text.malformed(row, start, "one of " + String.join(", ", EXPORT_TYPES) + " in field 4");
            }
            int ownerField = exportField - 1;
            int namespaceField = exportField == 4 ? 2 : 4;
            if (length(1) == 0 || length(ownerField) == 0) {
                throw text.malformed(row, start, "a name and a module that are not empty");
            }
            boolean hasNamespace = namespaceField < fields;
            int first = columns.add(
                    bytes,
                    starts[1],
                    length(1),
                    crc(row, start),
                    type >= FIRST_GPL_TYPE,
                    hasNamespace ? starts[namespaceField] : start,
                    hasNamespace ? length(namespaceField) : 0);
            if (first != row) {
                throw text.malformed(
                        row,
                        TextFile.quote(bytes, starts[1], starts[2] - 1) + " for the second time, after line "
                                + (first + 1),
                        "every name once");
            }
            owners[row] = ownerTable.intern(bytes, starts[ownerField], length(ownerField));
            return starts[fields];
        }

        /** Fills {@link #starts} and counts the line's fields, but not those after the fifth. */
        private int split(int row, int start) {
            int fields = 0;
            starts[0] = start;
            for (int at = start; ; at++) {
                byte b = bytes[at];
                if (b == '\t' || b == '\n') {
                    if (++fields == starts.length) {
                        return fields;
                    }
                    starts[fields] = at + 1;
                    if (b == '\n') {
                        return fields;
                    }
                } else if ((b >= 0 && b < ' ') || b == 0x7F) {
                    throw text.malformed(row, start, "a line without control characters");
                }
            }
        }

        private int length(int field) {
            return starts[field + 1] - 1 - starts[field];
        }

        private int exportType(int field) {
            int from = starts[field];
            int to = from + length(field);
            for (int i = 0; i < EXPORT_TYPE_BYTES.length; i++) {
                if (Arrays.equals(bytes, from, to, EXPORT_TYPE_BYTES[i], 0, EXPORT_TYPE_BYTES[i].length)) {
                    return i;
                }
            }
            return -1;
        }

        private int crc(int row, int start) {
            int end = starts[1] - 1;
            int digits = end - start - 2;
            int crc = 0;
            boolean right = digits > 0 && digits <= MAX_CRC_DIGITS && bytes[start] == '0' && bytes[start + 1] == 'x';
            for (int at = start + 2; right && at < end; at++) {
                int digit = TextFile.hexDigit(bytes[at]);
                right = digit >= 0;
                crc = (crc << 4) | digit;
            }
            if (!right) {
                throw text.malformed(row, start, "a CRC of 0x and 1 to 8 hexadecimal digits in field 1");
            }
            return crc;
        }
    }
}
