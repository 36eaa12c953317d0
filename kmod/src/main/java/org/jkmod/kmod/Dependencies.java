package org.jkmod.kmod;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which modules a module needs, by the symbols that it imports. */
final class Dependencies {
    private final List<ModuleSearch.Found> files;
    private final List<ScannedModule> modules;
    private final SymbolCatalog catalog;

    Dependencies(List<ModuleSearch.Found> files, List<ScannedModule> modules, SymbolCatalog catalog) {
        this.files = files;
        this.modules = modules;
        this.catalog = catalog;
    }

    /**
     * The modules that each needs directly, each once, in the order of the symbols.
     *
     * @param check tell of symbols that nobody exports
     * @param crcs tell of symbols whose CRC is another than the one in the catalogue
     * @param verbose tell which symbol comes from where
     */
    int[][] of(DepmodRun run, boolean check, boolean crcs, boolean verbose) {
        Map<ObjectReader, int[]> symbols = new HashMap<>();
        int[][] needs = new int[modules.size()][];
        int[] seen = new int[modules.size()];
        int[] list = new int[modules.size()];
        for (int i = 0; i < needs.length; i++) {
            ScannedModule module = modules.get(i);
            int[] resolved = symbols.get(module.reader);
            if (resolved == null) {
                resolved = resolve(module.reader.names);
                symbols.put(module.reader, resolved);
            }
            int count = 0;
            for (int name : module.imports) {
                int symbol = resolved[name];
                int owner = catalog.owner(symbol);
                if (check || verbose) {
                    tell(run, i, name, symbol, check, crcs, verbose);
                }
                if (owner >= 0 && seen[owner] != i + 1) {
                    seen[owner] = i + 1;
                    list[count++] = owner;
                }
            }
            needs[i] = count == 0 ? ScannedModule.NONE : Arrays.copyOf(list, count);
        }
        return needs;
    }

    private int[] resolve(NamePool names) {
        int[] symbols = new int[names.size()];
        for (int id = 0; id < symbols.length; id++) {
            symbols[id] = catalog.find(names, id);
        }
        return symbols;
    }

    private void tell(DepmodRun run, int index, int name, int symbol, boolean check, boolean crcs, boolean verbose) {
        ScannedModule module = modules.get(index);
        String path = run.path(files.get(index));
        int owner = catalog.owner(symbol);
        if (check && owner == SymbolCatalog.NOBODY) {
            run.warn(path + " needs unknown symbol " + module.reader.names.name(name));
        } else if (crcs && catalog.crc(symbol) != crc(module, name)) {
            run.warn(path + " disagrees about version of symbol " + module.reader.names.name(name));
        }
        if (verbose && owner >= 0) {
            run.use(path + " needs \"" + module.reader.names.name(name) + "\": " + run.path(files.get(owner)));
        }
    }

    /** The CRC that a module has for a symbol; 0 without one. */
    private static int crc(ScannedModule module, int name) {
        for (int at = 0; at < module.versionCount; at += 2) {
            if (module.versions[at] == name) {
                return module.versions[at + 1];
            }
        }
        return 0;
    }
}
