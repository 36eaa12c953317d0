package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.elf.InputFile;

/** The indexes of what is built into a kernel, from its modules.builtin and modules.builtin.modinfo. */
final class Builtins {
    /** Debian's have 50,000 bytes. */
    private static final int MAX_SIZE = 1 << 26;

    private Builtins() {}

    /** The index of a modules.builtin, one path a line: of each module its name, without a value. */
    static byte[] names(Path file, Compat compat, List<String> warnings) throws IOException {
        byte[] b = InputFile.read(file, MAX_SIZE, "a list of built-in modules");
        TrieWriter trie = new TrieWriter();
        for (int at = 0; at < b.length; ) {
            int end = at;
            while (end < b.length && b[end] != '\n') {
                end++;
            }
            if (at == end || b[at] == ' ' || b[at] == '\t') {
                warnings.add("Invalid modules.builtin line: " + text(b, at, end));
            } else {
                // The line's end too, where there is no point.
                byte[] name = name(b, at, Math.min(end + 1, b.length));
                if (!trie.add(name, 0, name.length, name, 0, 0, 0)) {
                    warnings.add(notInIndex("modules.builtin.bin", text(b, at, end)));
                }
            }
            at = end + 1;
        }
        return trie.build(compat);
    }

    /** The name of a module by its path; a NUL ends it, too. */
    private static byte[] name(byte[] b, int from, int to) {
        String name = ModuleTree.moduleName(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
        int nul = name.indexOf(0);
        return (nul < 0 ? name : name.substring(0, nul)).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The index of the aliases in a modules.builtin.modinfo, of records {@code module.alias=VALUE} that end with NUL. */
    static byte[] aliases(Path file, Compat compat, List<String> warnings) throws IOException {
        BuiltinModinfo.Strings at = BuiltinModinfo.readFile(file).strings();
        byte[] b = at.bytes;
        TrieWriter trie = new TrieWriter();
        byte[] key = new byte[b.length];
        while (at.next()) {
            // One without an end does not count.
            if (at.isEnded()
                    && at.point > at.from
                    && at.equals > at.point
                    && isAlias(b, at.point + 1, at.equals)
                    && at.end > at.equals + 1) {
                alias(trie, b, at.from, at.point, at.equals + 1, at.end, key, "modules.builtin.alias.bin", 0, warnings);
            }
        }
        return trie.build(compat);
    }

    private static boolean isAlias(byte[] b, int from, int to) {
        return to - from == 5
                && b[from] == 'a'
                && b[from + 1] == 'l'
                && b[from + 2] == 'i'
                && b[from + 3] == 'a'
                && b[from + 4] == 's';
    }

    /** Adds an alias to an index, as it is looked for: with underscores but between brackets. */
    static void alias(
            TrieWriter trie,
            byte[] b,
            int module,
            int moduleEnd,
            int from,
            int to,
            byte[] key,
            String index,
            int priority,
            List<String> warnings) {
        int length = underscores(b, from, to, key);
        if (length < 0) {
            warnings.add("Unmatched bracket in " + text(b, from, to));
        } else if (!trie.add(key, 0, length, b, module, moduleEnd - module, priority)) {
            warnings.add(notInIndex(index, text(b, from, to)));
        }
    }

    /** Copies a pattern, dashes outside of brackets as underscores; -1 if a bracket is without its other. */
    static int underscores(byte[] b, int from, int to, byte[] result) {
        int length = 0;
        boolean between = false;
        for (int i = from; i < to; i++) {
            byte c = b[i];
            if (c == '-') {
                c = between ? c : (byte) '_';
            } else if (c == '[') {
                between = true;
            } else if (c == ']') {
                if (!between) {
                    return -1;
                }
                between = false;
            }
            result[length++] = c;
        }
        return between ? -1 : length;
    }

    static String notInIndex(String index, String text) {
        return "not in " + index + ", which can only have text of 7 bits and of at most " + TrieWriter.MAX_KEY
                + " characters: " + text;
    }

    static String text(byte[] b, int from, int to) {
        return new String(b, from, to - from, java.nio.charset.StandardCharsets.UTF_8);
    }
}
