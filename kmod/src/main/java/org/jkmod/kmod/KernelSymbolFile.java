package org.jkmod.kmod;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jkmod.core.KernelAddresses;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jkmod.symtab.SymbolTable;

/**
 * What a file says of a kernel's symbols, whichever of the files it is that do; its content tells. Texts may be compressed with gzip, xz
 * or zstd, as kernels may be.
 */
public final class KernelSymbolFile {
    /** What a file is. */
    public enum Kind {
        /** A kernel: vmlinuz, vmlinux, Image. */
        IMAGE("kernel image"),
        /** /proc/kallsyms, or a System.map, which looks the same. */
        KALLSYMS("list of symbols"),
        /** Module.symvers. */
        MODULE_SYMVERS("Module.symvers"),
        /** A saved {@link SymbolTable}. */
        SYMBOL_TABLE("saved symbol table");

        private final String shown;

        Kind(String shown) {
            this.shown = shown;
        }

        /** What a person calls it. */
        public String shown() {
            return shown;
        }
    }

    private static final byte[] SAVED = "jkmodsym".getBytes(StandardCharsets.US_ASCII);
    /** How much of a file tells what it is. */
    private static final int PEEK = 24;
    /** Of a text, when it is decompressed: ten times what the largest kernels' have. */
    private static final int MAX_TEXT = 1 << 28;

    private final String file;
    private final Kind kind;
    private final Optional<KernelImage> image;
    private final Optional<Kallsyms> kallsyms;
    private final Optional<SymbolTable> table;
    private final Optional<ModuleSymvers> exports;

    private KernelSymbolFile(
            String file,
            Kind kind,
            Optional<KernelImage> image,
            Optional<Kallsyms> kallsyms,
            Optional<SymbolTable> table,
            Optional<ModuleSymvers> exports) {
        this.file = file;
        this.kind = kind;
        this.image = image;
        this.kallsyms = kallsyms;
        this.table = table;
        this.exports = exports;
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is damaged, or none of the kinds
     */
    public static KernelSymbolFile read(Path file) throws IOException {
        String name = file.toString();
        InputFile.requireReadable(file);
        if (Files.isRegularFile(file) && isSaved(file)) {
            return saved(SymbolTable.read(file), name);
        }
        byte[] bytes = InputFile.read(file, KernelImage.MAX_SIZE, "a kernel, or a list of its symbols");
        if (bytes.length == 0) {
            throw new MalformedInputException(name, "size", 0, "0 bytes", "a kernel, or a list of its symbols");
        }
        // Also through a pipe, which can't be mapped.
        return Arrays.equals(Arrays.copyOf(bytes, SAVED.length), SAVED)
                ? saved(SymbolTable.parse(bytes, name), name)
                : parse(decompressed(bytes, name), name);
    }

    private static KernelSymbolFile saved(SymbolTable table, String name) {
        return new KernelSymbolFile(
                name, Kind.SYMBOL_TABLE, Optional.empty(), Optional.empty(), Optional.of(table), Optional.empty());
    }

    private static boolean isSaved(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(SAVED.length), SAVED);
        }
    }

    /** A text that was compressed; a kernel stays as it is. */
    private static byte[] decompressed(byte[] bytes, String name) {
        Optional<KernelCompression> compression = KernelCompression.of(bytes);
        if (compression.isEmpty()) {
            return bytes;
        }
        try (InputStream in = compression.get().open(bytes)) {
            byte[] start = in.readNBytes(PEEK);
            if (!isKallsyms(start) && !isModuleSymvers(start)) {
                return bytes;
            }
            byte[] text = Arrays.copyOf(start, start.length);
            byte[] rest = in.readNBytes(MAX_TEXT);
            if (rest.length == MAX_TEXT) {
                throw new MalformedInputException(
                        name, "size", 0, "more than " + MAX_TEXT + " bytes of text", "a list of symbols");
            }
            text = Arrays.copyOf(text, start.length + rest.length);
            System.arraycopy(rest, 0, text, start.length, rest.length);
            return text;
        } catch (IOException e) {
            String found = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new MalformedInputException(name, compression.get() + " stream", 0, found, "an undamaged file");
        }
    }

    private static KernelSymbolFile parse(byte[] bytes, String name) {
        if (isKallsyms(bytes)) {
            Optional<Kallsyms> symbols = Optional.of(Kallsyms.parse(bytes, name));
            return new KernelSymbolFile(
                    name, Kind.KALLSYMS, Optional.empty(), symbols, Optional.empty(), Optional.empty());
        }
        if (isModuleSymvers(bytes)) {
            Optional<ModuleSymvers> exports = Optional.of(ModuleSymvers.parse(bytes, name));
            return new KernelSymbolFile(
                    name, Kind.MODULE_SYMVERS, Optional.empty(), Optional.empty(), Optional.empty(), exports);
        }
        KernelImage image = KernelImage.parse(bytes, name);
        return new KernelSymbolFile(
                name,
                Kind.IMAGE,
                Optional.of(image),
                image.symbols().kallsyms(),
                Optional.empty(),
                image.symbols().exports());
    }

    /** An address, a space, a letter, a space. */
    private static boolean isKallsyms(byte[] bytes) {
        int digits = digits(bytes, 0);
        return (digits == 16 || digits == 8)
                && bytes.length > digits + 3
                && bytes[digits] == ' '
                && bytes[digits + 2] == ' ';
    }

    /** A CRC with 0x, a tab. */
    private static boolean isModuleSymvers(byte[] bytes) {
        if (bytes.length < 4 || bytes[0] != '0' || bytes[1] != 'x') {
            return false;
        }
        int end = 2 + digits(bytes, 2);
        return end > 2 && end <= 10 && end < bytes.length && bytes[end] == '\t';
    }

    private static int digits(byte[] bytes, int from) {
        int i = from;
        while (i < bytes.length && Character.digit(bytes[i], 16) >= 0) {
            i++;
        }
        return i - from;
    }

    /** What the file is. */
    public Kind kind() {
        return kind;
    }

    /** The kernel, if it is one. */
    public Optional<KernelImage> image() {
        return image;
    }

    /** The symbols, if it is an image with some, or a list. */
    public Optional<Kallsyms> kallsyms() {
        return kallsyms;
    }

    /** The saved table, if it is one. */
    public Optional<SymbolTable> table() {
        return table;
    }

    /** The exports, if it is an image of a kernel with modules, or a Module.symvers. */
    public Optional<ModuleSymvers> exports() {
        return exports;
    }

    /** Whether it has symbols with addresses. */
    public boolean hasSymbols() {
        return kallsyms.isPresent() || table.isPresent();
    }

    /**
     * The symbols as a table, to be saved.
     *
     * @throws MalformedInputException if it has none
     */
    public SymbolTable toTable() {
        return table.or(() -> kallsyms.map(SymbolTable::of)).orElseThrow(this::noSymbols);
    }

    /**
     * The addresses of the kernel, where the file has it.
     *
     * @throws MalformedInputException if it has no symbols with addresses
     */
    public KernelAddresses addresses() {
        try {
            return table.map(KernelAddresses::of)
                    .or(() -> kallsyms.map(KernelAddresses::of))
                    .orElseThrow(this::noSymbols);
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(
                    file, "addresses", 0, "0 everywhere", "addresses, which kernel.kptr_restrict shows to root only");
        }
    }

    private MalformedInputException noSymbols() {
        return new MalformedInputException(file, "symbols", 0, "a " + kind.shown() + " without any", "addresses");
    }
}
