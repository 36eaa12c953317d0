package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.InputFile;

/** In which order depmod has modules: as modules.order says, those that it does not name behind them, as they come out of a table. */
final class ModuleOrder {
    /** Debian's have 200,000 bytes. */
    private static final int MAX_SIZE = 1 << 26;

    private static final int BUCKETS = 512;

    private ModuleOrder() {}

    /** Modules as a table of 512 buckets gives them, by their names. */
    static List<ModuleSearch.Found> byHash(List<ModuleSearch.Found> modules) {
        NamePool names = new NamePool(modules.size());
        List<ModuleSearch.Found> unique = new ArrayList<>(modules.size());
        for (ModuleSearch.Found module : modules) {
            byte[] name = module.name().getBytes(StandardCharsets.ISO_8859_1);
            if (names.intern(name, 0, name.length) == unique.size()) {
                unique.add(module);
            }
        }
        List<ModuleSearch.Found> result = new ArrayList<>(modules.size());
        for (int module : HashOrder.of(names, BUCKETS)) {
            result.add(unique.get(module));
        }
        return result;
    }

    /**
     * Moves the modules that a modules.order names to the front, in its order.
     *
     * @param compat of a line that is there twice, kmod 30 takes the last, 34 the first
     */
    static List<ModuleSearch.Found> byFile(
            List<ModuleSearch.Found> modules, Path file, Compat compat, List<String> warnings) throws IOException {
        byte[] b = InputFile.read(file, MAX_SIZE, "an order of modules");
        if (b.length > 0 && b[b.length - 1] != '\n') {
            warnings.add(file + ": its last line has no end; it does not count");
            return modules;
        }
        Map<String, ModuleSearch.Found> byPath = new HashMap<>(modules.size() * 2);
        for (ModuleSearch.Found module : modules) {
            byPath.put(stem(module.path()), module);
        }
        List<String> lines = new ArrayList<>(modules.size());
        for (int at = 0; at < b.length; ) {
            int end = at;
            while (b[end] != '\n') {
                end++;
            }
            lines.add(new String(b, at, end - at, StandardCharsets.ISO_8859_1));
            at = end + 1;
        }
        List<ModuleSearch.Found> result = new ArrayList<>(modules.size());
        boolean last = compat == Compat.KMOD_30;
        for (int i = 0; i < lines.size(); i++) {
            ModuleSearch.Found module = byPath.remove(lines.get(last ? lines.size() - 1 - i : i));
            if (module != null) {
                result.add(module);
            }
        }
        if (last) {
            java.util.Collections.reverse(result);
        }
        for (ModuleSearch.Found module : modules) {
            if (byPath.containsKey(stem(module.path()))) {
                result.add(module);
            }
        }
        return result;
    }

    /** A path up to the end of its {@code .ko}. */
    private static String stem(String path) {
        if (path.endsWith(".ko")) {
            return path;
        }
        int point = path.lastIndexOf('.');
        return point > 3 && path.startsWith(".ko", point - 3) ? path.substring(0, point) : path;
    }
}
