package org.jkmod.kmod;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One run of {@link Depmod}: from a tree to the bytes of its files. */
final class DepmodRun {
    private final Depmod.Builder options;
    private final File folder;
    private final Path outputFolder;
    private final Depmod depmod;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> uses = new ArrayList<>();
    private int read;

    DepmodRun(Depmod.Builder options, File folder, Path outputFolder, Depmod depmod) {
        this.options = options;
        this.folder = folder;
        this.outputFolder = outputFolder;
        this.depmod = depmod;
    }

    DepmodResult run() throws IOException {
        boolean check = options.reportSymbols && (options.symvers != null || options.systemMap != null);
        if (options.reportSymbols && !check) {
            warnings.add("-e needs -E or -F");
        }
        SymbolCatalog catalog = new SymbolCatalog(options.symbolPrefix);
        if (options.symvers != null) {
            catalog.readSymvers(options.symvers);
        } else if (options.systemMap != null) {
            catalog.readSystemMap(options.systemMap, warnings);
        }
        List<ModuleSearch.Found> files = inOrder(ModuleOrder.byHash(depmod.files(folder, warnings)));
        boolean crcs = check && options.symvers != null;
        List<ScannedModule> modules = modules(files, crcs);
        for (int i = 0; i < modules.size(); i++) {
            ScannedModule module = modules.get(i);
            if (module.trouble() != null) {
                warnings.add("failed to load symbols from " + module.trouble());
            }
            catalog.add(module, i);
        }
        int[][] needs = new Dependencies(files, modules, catalog).of(this, check, crcs, options.verbose);
        DependencyOrder order = new DependencyOrder(needs);
        if (order.hasCycles()) {
            return new DepmodResult(
                    outputFolder,
                    Map.of(),
                    warnings,
                    uses,
                    cycles(order, files),
                    order.inCycles().size(),
                    read);
        }
        return new DepmodResult(
                outputFolder, outputs(files, modules, catalog, order), warnings, uses, List.of(), 0, read);
    }

    /** What is in the modules' files: of those that have not changed since the cache was made, from there. */
    private List<ScannedModule> modules(List<ModuleSearch.Found> files, boolean crcs) throws IOException {
        if (!options.cache || crcs) {
            read = files.size();
            return TreeReading.read(files, crcs, options.threads);
        }
        ModuleCache cache = ModuleCache.read(outputFolder, warnings);
        List<ModuleSearch.Found> changed = new ArrayList<>();
        Map<ModuleSearch.Found, ScannedModule> known = new HashMap<>();
        for (ModuleSearch.Found file : files) {
            ScannedModule module = cache.find(file);
            if (module == null) {
                changed.add(file);
            } else {
                known.put(file, module);
            }
        }
        read = changed.size();
        List<ScannedModule> scanned = TreeReading.read(changed, crcs, options.threads);
        for (int i = 0; i < scanned.size(); i++) {
            known.put(changed.get(i), scanned.get(i));
        }
        List<ScannedModule> modules = new ArrayList<>();
        for (ModuleSearch.Found file : files) {
            modules.add(java.util.Objects.requireNonNull(known.get(file)));
        }
        return modules;
    }

    void warn(String text) {
        warnings.add(text);
    }

    void use(String text) {
        uses.add(text);
    }

    /** A module's file with its folder. */
    String path(ModuleSearch.Found file) {
        String path = ModuleSearch.shown(file.path());
        return file.path().startsWith("/") ? path : folder + "/" + path;
    }

    private List<ModuleSearch.Found> inOrder(List<ModuleSearch.Found> files) throws IOException {
        Path order = new File(folder, "modules.order").toPath();
        if (!Files.isRegularFile(order)) {
            warnings.add("could not open modules.order at " + folder + ": No such file or directory");
            return files;
        }
        return ModuleOrder.byFile(files, order, options.compat, warnings);
    }

    private static List<List<String>> cycles(DependencyOrder order, List<ModuleSearch.Found> files) {
        List<List<String>> cycles = new ArrayList<>();
        for (int[] cycle : order.cycles()) {
            List<String> names = new ArrayList<>();
            for (int module : cycle) {
                names.add(ModuleSearch.shown(files.get(module).name()));
            }
            cycles.add(List.copyOf(names));
        }
        return cycles;
    }

    private Map<String, byte[]> outputs(
            List<ModuleSearch.Found> files, List<ScannedModule> modules, SymbolCatalog catalog, DependencyOrder order)
            throws IOException {
        DepmodText text = new DepmodText(files, modules, options.compat, options.warnDuplicates);
        // What takes longest, besides all else.
        Aliases aliases = new Aliases(text);
        Thread thread = new Thread(null, aliases, "jkmod-depmod-aliases");
        if (options.threads > 1) {
            thread.setDaemon(true);
            thread.start();
        } else {
            aliases.run();
        }
        byte[][] dep = text.dep(order, options.maxDependencies, warnings);
        List<String> later = new ArrayList<>();
        byte[][] symbols = text.symbols(catalog, later);
        byte[] devname = text.devname(later);
        byte[] builtin = builtin("modules.builtin", later);
        byte[] builtinAlias = builtin("modules.builtin.modinfo", later);
        byte[][] alias = aliases.join(thread);
        warnings.addAll(aliases.warnings);
        warnings.addAll(later);

        Map<String, byte[]> outputs = new LinkedHashMap<>();
        outputs.put("modules.dep", dep[0]);
        outputs.put("modules.dep.bin", dep[1]);
        outputs.put("modules.alias", alias[0]);
        outputs.put("modules.alias.bin", alias[1]);
        outputs.put("modules.softdep", text.dependencies(ScannedModule.SOFTDEP));
        if (options.compat != Compat.KMOD_30) {
            outputs.put("modules.weakdep", text.dependencies(ScannedModule.WEAKDEP));
        }
        outputs.put("modules.symbols", symbols[0]);
        outputs.put("modules.symbols.bin", symbols[1]);
        outputs.put("modules.builtin.bin", builtin);
        outputs.put("modules.builtin.alias.bin", builtinAlias);
        outputs.put("modules.devname", devname);
        if (options.cache) {
            outputs.put(ModuleCache.FILE, ModuleCache.write(files, modules));
        }
        return outputs;
    }

    private byte[] builtin(String name, List<String> told) throws IOException {
        Path file = new File(folder, name).toPath();
        if (!Files.isRegularFile(file)) {
            told.add("could not open " + name + " at " + folder + ": No such file or directory");
            return new byte[0];
        }
        return name.equals("modules.builtin")
                ? Builtins.names(file, options.compat, told)
                : Builtins.aliases(file, options.compat, told);
    }

    /** Makes modules.alias in a thread of its own. */
    private static final class Aliases implements Runnable {
        private final DepmodText text;
        final List<String> warnings = new ArrayList<>();
        private byte[][] result = {};
        private @org.jspecify.annotations.Nullable Throwable failure;

        Aliases(DepmodText text) {
            this.text = text;
        }

        @Override
        public void run() {
            try {
                result = text.alias(warnings);
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        }

        byte[][] join(Thread thread) {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (failure instanceof Error error) {
                throw error;
            } else if (failure instanceof RuntimeException e) {
                throw e;
            }
            return result;
        }
    }
}
