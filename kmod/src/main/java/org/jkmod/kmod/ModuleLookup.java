package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds modules by names and aliases, in a module tree's binary indexes and a configuration: the first of these that knows a name has
 * the say, as in kmod. An index that is not there is an empty one. Immutable.
 */
final class ModuleLookup {
    private static final ModuleIndex NONE = ModuleIndex.parse(new byte[0], "(none)");

    private static final String SYMBOL = "symbol:";

    private final ModprobeConfig config;
    private final ModuleIndex dependencies;
    private final ModuleIndex aliases;
    private final ModuleIndex symbols;
    private final ModuleIndex builtins;
    private final ModuleIndex builtinAliases;

    private ModuleLookup(Sysroot sysroot, Path folder, ModprobeConfig config) throws IOException {
        this.config = config;
        this.dependencies = index(sysroot, folder, "modules.dep.bin");
        this.aliases = index(sysroot, folder, "modules.alias.bin");
        this.symbols = index(sysroot, folder, "modules.symbols.bin");
        this.builtins = index(sysroot, folder, "modules.builtin.bin");
        this.builtinAliases = index(sysroot, folder, "modules.builtin.alias.bin");
    }

    static ModuleLookup of(Sysroot sysroot, Path folder, ModprobeConfig config) throws IOException {
        return new ModuleLookup(sysroot, folder, config);
    }

    private static ModuleIndex index(Sysroot sysroot, Path folder, String name) throws IOException {
        Path file = sysroot.resolve(folder, name);
        return Files.exists(file) ? ModuleIndex.read(file) : NONE;
    }

    /**
     * A module that was found. Of two with one name, found by different aliases, each is a module of its own to kmod.
     *
     * @param name with underscores
     * @param alias by which it was found: what was asked for, or, if the configuration has it, the pattern there; empty: by its name
     */
    record Found(String name, String alias) {}

    /** Where modules.dep has a module, and the paths of what it needs, in the order in which they are loaded. */
    record Entry(String path, ImmutableList<String> dependencies) {}

    /** The modules of a name or alias; none if it is not known. */
    List<Found> find(String query) {
        Optional<String> normalized = AliasPattern.normalized(query);
        if (normalized.isEmpty()) {
            return List.of();
        }
        String name = normalized.get();
        List<Found> found = config.aliasesOf(name).stream()
                .map(alias -> new Found(alias.module(), alias.pattern()))
                .toList();
        if (found.isEmpty() && name.indexOf(':') < 0 && entry(name).isPresent()) {
            return List.of(new Found(name, ""));
        }
        if (found.isEmpty() && name.startsWith(SYMBOL)) {
            found = byAlias(values(symbols.matching(name)), name);
        }
        if (found.isEmpty() && config.hasCommand(name)) {
            return List.of(new Found(name, ""));
        }
        if (found.isEmpty()) {
            found = byAlias(values(aliases.matching(name)), name);
        }
        if (found.isEmpty() && isBuiltin(name)) {
            return List.of(new Found(name, ""));
        }
        if (found.isEmpty()) {
            found = byAlias(values(builtinAliases.matching(name)), name);
        }
        return found;
    }

    private static List<Found> byAlias(List<String> modules, String alias) {
        return modules.stream().map(module -> new Found(module, alias)).toList();
    }

    private static List<String> values(List<ModuleIndex.Value> values) {
        return values.stream().map(ModuleIndex.Value::value).toList();
    }

    /** The line of modules.dep of a module. */
    Optional<Entry> entry(String name) {
        return dependencies.first(name).map(value -> entry(value.value(), name));
    }

    /** {@code PATH: PATH...}: what is named last is loaded first. */
    private static Entry entry(String line, String name) {
        int colon = line.indexOf(':');
        String path = colon < 0 ? name : line.substring(0, colon);
        List<String> needed = new ArrayList<>();
        for (String word : ConfigLines.words(line.substring(colon + 1))) {
            needed.add(0, word);
        }
        return new Entry(path, ImmutableList.copyOf(needed));
    }

    /** Whether a module is part of the kernel. */
    boolean isBuiltin(String name) {
        return !builtins.find(name).isEmpty();
    }

    /** The aliases of modules and of symbols, as {@code modprobe -c} prints them. */
    void dump(StringBuilder to) {
        for (ModuleIndex index : List.of(aliases, symbols)) {
            index.forEach((key, value) -> to.append("alias ")
                    .append(key)
                    .append(' ')
                    .append(value.value())
                    .append('\n'));
        }
    }
}
