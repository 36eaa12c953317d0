package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jkmod.elf.InputFile;
import org.jspecify.annotations.Nullable;

/** Which module exports a symbol, and with which CRC: the kernel's own from a file, then those of modules. */
final class SymbolCatalog {
    /** Who exports a symbol of the kernel. */
    static final int KERNEL = -1;

    /** Nobody. */
    static final int NOBODY = -2;

    /** Largest System.map or Module.symvers, in bytes; those of kernels have ten million at most. */
    private static final int MAX_SIZE = 1 << 28;

    /** Behind so many lines, what is wrong is not told: it is no System.map. */
    private static final int MAX_WARNED = 1000;

    private static final String KSYMTAB = "__ksymtab_";

    final NamePool names = new NamePool(1 << 14);
    private final byte prefix;
    private int[] owners = new int[1 << 15];
    private int[] crcs = new int[1 << 15];

    /**
     * An empty one.
     *
     * @param prefix what an architecture puts before each name; 0 if nothing
     */
    SymbolCatalog(char prefix) {
        this.prefix = (byte) prefix;
    }

    /** Adds what a module exports; of one name, the last counts. */
    void add(ScannedModule module, int index) {
        NamePool from = module.reader.names;
        for (int i = 0; i < module.exports.length; i++) {
            int id = module.exports[i];
            int start = from.start(id);
            int length = from.length(id);
            byte[] text = from.text();
            int skip = prefix != 0 && length > 0 && text[start] == prefix ? 1 : 0;
            put(text, start + skip, start + length, index, module.exportCrcs.length > i ? module.exportCrcs[i] : 0);
        }
    }

    private boolean put(byte[] text, int from, int to, int owner, int crc) {
        int before = names.size();
        int id = names.intern(text, from, to);
        if (id >= owners.length) {
            owners = Arrays.copyOf(owners, owners.length * 2);
            crcs = Arrays.copyOf(crcs, owners.length);
        }
        owners[id] = owner;
        crcs[id] = crc;
        return names.size() > before;
    }

    /** The number of a symbol by the name that a module has for it; -1 if there is none. */
    int find(NamePool from, int id) {
        byte[] text = from.text();
        int start = from.start(id);
        int end = start + from.length(id);
        if (start < end && text[start] == '.') {
            start++;
        }
        if (prefix != 0 && start < end && text[start] == prefix) {
            start++;
        }
        return names.find(text, start, end);
    }

    int owner(int symbol) {
        return symbol < 0 ? NOBODY : owners[symbol];
    }

    int crc(int symbol) {
        return crcs[symbol];
    }

    /** Takes the kernel's exports from a System.map: its symbols {@code __ksymtab_NAME}. Lines without two spaces do not count, and are told of. */
    void readSystemMap(Path file, List<String> warnings) throws IOException {
        int number = 0;
        for (String line : lines(file)) {
            number++;
            int type = line.indexOf(' ');
            int name = type < 0 ? -1 : line.indexOf(' ', type + 1);
            if (name < 0) {
                warn(file, number, line, warnings);
            } else if (line.startsWith(KSYMTAB, name + 1)) {
                kernel(line.substring(name + 1 + KSYMTAB.length()), 0);
            }
        }
    }

    /** Takes the kernel's exports, and no others, from a Module.symvers: CRC, name, {@code vmlinux}. */
    void readSymvers(Path file) throws IOException {
        for (String line : lines(file)) {
            List<String> words = ConfigLines.words(line);
            if (words.size() >= 3 && words.get(2).equals("vmlinux")) {
                Integer crc = crc(words.get(0));
                if (crc != null) {
                    kernel(words.get(1), crc);
                }
            }
        }
    }

    /** A CRC of hexadecimal digits; null of other words, whose lines do not count. */
    private static @Nullable Integer crc(String word) {
        try {
            return (int) Long.parseLong(word.startsWith("0x") ? word.substring(2) : word, 16);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static void warn(Path file, int number, String line, List<String> warnings) {
        if (number <= MAX_WARNED) {
            String shown = line.length() > 80 ? line.substring(0, 80) + "..." : line;
            warnings.add(file + ":" + number + ": invalid line: " + ModuleSearch.shown(shown));
        }
    }

    private void kernel(String name, int crc) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        put(bytes, 0, bytes.length, KERNEL, crc);
    }

    private static List<String> lines(Path file) throws IOException {
        return new String(InputFile.read(file, MAX_SIZE, "symbols of a kernel"), StandardCharsets.ISO_8859_1)
                .lines()
                .toList();
    }
}
