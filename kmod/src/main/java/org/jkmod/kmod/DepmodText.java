package org.jkmod.kmod;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/** Writes depmod's files, text and index together, from what was read of a tree. */
final class DepmodText {
    private final List<ModuleSearch.Found> files;
    private final List<ScannedModule> modules;
    private final Compat compat;
    private final boolean warnDuplicates;
    /** Names and paths as bytes. */
    private final byte[][] names;

    private final byte[][] paths;

    DepmodText(List<ModuleSearch.Found> files, List<ScannedModule> modules, Compat compat, boolean warnDuplicates) {
        this.files = files;
        this.modules = modules;
        this.compat = compat;
        this.warnDuplicates = warnDuplicates;
        names = new byte[files.size()][];
        paths = new byte[files.size()][];
        for (int i = 0; i < names.length; i++) {
            names[i] = files.get(i).name().getBytes(StandardCharsets.ISO_8859_1);
            paths[i] = files.get(i).path().getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /** modules.dep and its index: a line for each module, of what it needs. */
    byte[][] dep(DependencyOrder order, int limit, List<String> warnings) {
        checkSize(order, limit);
        ByteText text = new ByteText(1 << 19);
        TrieWriter trie = new TrieWriter();
        for (int i = 0; i < names.length; i++) {
            int from = text.size;
            text.add(paths[i]).add(':');
            for (int needed : order.closure(i)) {
                text.add(' ').add(paths[needed]);
            }
            if (!trie.add(names[i], 0, names[i].length, text.bytes, from, text.size - from, i)) {
                warnings.add(Builtins.notInIndex(
                        "modules.dep.bin", ModuleSearch.shown(files.get(i).path())));
            }
            text.add('\n');
        }
        return new byte[][] {text.toBytes(), trie.build(compat)};
    }

    /** A chain of modules makes a file as long as its square: too long to be made and then found so. */
    private void checkSize(DependencyOrder order, int limit) {
        long size = 0;
        for (int i = 0; i < names.length; i++) {
            size += paths[i].length + 2;
            for (int needed : order.closure(i)) {
                size += paths[needed].length + 1;
            }
            if (size > limit) {
                throw new MalformedInputException(
                        "modules.dep",
                        "size",
                        0,
                        "more than " + limit + " bytes, with the dependencies of "
                                + ModuleSearch.shown(files.get(i).path()),
                        "at most so many");
            }
        }
    }

    /** modules.alias and its index. */
    byte[][] alias(List<String> warnings) {
        ByteText text = new ByteText(1 << 20).add("# Aliases extracted from modules themselves.\n");
        TrieWriter trie = new TrieWriter();
        byte[] key = new byte[1 << 10];
        NamePool seen = new NamePool(16);
        for (int i = 0; i < names.length; i++) {
            ScannedModule module = modules.get(i);
            byte[] info = module.infoText();
            for (int at = 0; at < module.infoSize; at += 3) {
                if (module.info[at] == ScannedModule.ALIAS) {
                    int from = module.info[at + 1];
                    int length = module.info[at + 2];
                    int line = text.size;
                    text.add("alias ")
                            .add(info, from, length)
                            .add(' ')
                            .add(names[i])
                            .add('\n');
                    if (length > key.length) {
                        key = new byte[length * 2];
                    }
                    int size = Builtins.underscores(info, from, from + length, key);
                    if (size < 0) {
                        warnings.add("Unmatched bracket in " + Builtins.text(info, from, from + length));
                    } else if (!trie.add(key, 0, size, names[i], 0, names[i].length, i)) {
                        warnings.add(
                                Builtins.notInIndex("modules.alias.bin", Builtins.text(info, from, from + length)));
                    } else if (warnDuplicates && isSeen(seen, key, size, names[i])) {
                        warnings.add("duplicate module alias: " + Builtins.text(text.bytes, line + 6, text.size - 1));
                    }
                }
            }
        }
        return new byte[][] {text.toBytes(), trie.build(compat)};
    }

    /** Whether the index had a key with the same value before. */
    private static boolean isSeen(NamePool seen, byte[] key, int size, byte[] name) {
        byte[] entry = new ByteText(size + 1 + name.length)
                .add(key, 0, size)
                .add('\0')
                .add(name)
                .toBytes();
        int before = seen.size();
        seen.intern(entry, 0, entry.length);
        return seen.size() == before;
    }

    /** modules.softdep or modules.weakdep. */
    byte[] dependencies(int kind) {
        boolean soft = kind == ScannedModule.SOFTDEP;
        ByteText text = new ByteText(1 << 12)
                .add(soft ? "# Soft" : "# Weak")
                .add(" dependencies extracted from modules themselves.\n");
        for (int i = 0; i < names.length; i++) {
            ScannedModule module = modules.get(i);
            for (int at = 0; at < module.infoSize; at += 3) {
                if (module.info[at] == kind) {
                    text.add(soft ? "softdep " : "weakdep ")
                            .add(names[i])
                            .add(' ')
                            .add(module.infoText(), module.info[at + 1], module.info[at + 2])
                            .add('\n');
                }
            }
        }
        return text.toBytes();
    }

    /** modules.symbols and its index: in the order of a table of 2048 buckets. */
    byte[][] symbols(SymbolCatalog catalog, List<String> warnings) {
        ByteText text = new ByteText(1 << 19).add("# Aliases for symbols, used by symbol_request().\n");
        TrieWriter trie = new TrieWriter();
        byte[] pool = catalog.names.text();
        for (int symbol : HashOrder.of(catalog.names, 2048)) {
            int owner = catalog.owner(symbol);
            if (owner < 0) {
                continue;
            }
            int start = catalog.names.start(symbol);
            int length = catalog.names.length(symbol);
            text.add("alias ");
            int from = text.size;
            text.add("symbol:").add(pool, start, length);
            int end = text.size;
            if (!trie.add(text.bytes, from, end - from, names[owner], 0, names[owner].length, owner)) {
                warnings.add(Builtins.notInIndex("modules.symbols.bin", Builtins.text(pool, start, start + length)));
            }
            text.add(' ').add(names[owner]).add('\n');
        }
        return new byte[][] {text.toBytes(), trie.build(compat)};
    }

    /** modules.devname: device nodes whose opening loads a module. */
    byte[] devname(List<String> warnings) {
        ByteText text = new ByteText(1 << 10);
        for (int i = 0; i < names.length; i++) {
            ScannedModule module = modules.get(i);
            @Nullable String node = null;
            @Nullable String device = null;
            for (int at = 0; at < module.infoSize && (node == null || device == null); at += 3) {
                if (module.info[at] != ScannedModule.ALIAS) {
                    continue;
                }
                byte[] info = module.infoText();
                byte first = module.info[at + 2] == 0 ? 0 : info[module.info[at + 1]];
                if (first != 'd' && first != 'c' && first != 'b') {
                    continue;
                }
                String alias = new String(info, module.info[at + 1], module.info[at + 2], StandardCharsets.ISO_8859_1);
                if (alias.startsWith("devname:")) {
                    node = alias.substring("devname:".length());
                } else if (alias.startsWith("char-major-")) {
                    device = device('c', alias, "char-major-".length(), device);
                } else if (alias.startsWith("block-major-")) {
                    device = device('b', alias, "block-major-".length(), device);
                }
            }
            if (node != null && device != null) {
                if (text.size == 0) {
                    text.add("# Device nodes to trigger on-demand module loading.\n");
                }
                text.add(names[i]).add(' ').add(node).add(' ').add(device).add('\n');
            } else if (node != null) {
                warnings.add("Module '" + ModuleSearch.shown(files.get(i).name()) + "' has devname ("
                        + ModuleSearch.shown(node)
                        + ") but lacks major and minor information. Ignoring.");
            }
        }
        return text.toBytes();
    }

    /** The device of an alias {@code char-major-MAJOR-MINOR}; what was known before if it has no numbers, but a wildcard. */
    private static @Nullable String device(char type, String alias, int from, @Nullable String before) {
        int at = digits(alias, from);
        if (at == from || at >= alias.length() || alias.charAt(at) != '-') {
            return before;
        }
        int end = digits(alias, at + 1);
        if (end == at + 1) {
            return before;
        }
        try {
            return type + String.valueOf(Integer.parseUnsignedInt(alias, from, at, 10)) + ":"
                    + Integer.parseUnsignedInt(alias, at + 1, end, 10);
        } catch (NumberFormatException e) {
            return before;
        }
    }

    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }
}
