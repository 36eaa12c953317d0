package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.DependencyGraph.Kind;

/**
 * Makes the graph of a tree from depmod's text files; where they are not there, as depmod would make them. Only modules that need each
 * other, of which depmod makes nothing, are read by themselves.
 */
final class DependencyReader {
    /** The largest of depmod's files that is read, in bytes. Debian's largest has two million. */
    private static final int MAX_SIZE = 1 << 26;

    private final ModuleTree tree;
    private final ModprobeConfig config;
    private final boolean merge;
    private final DependencyGraph.Builder builder = DependencyGraph.builder();
    private final ModuleNames names = new ModuleNames();
    /** What modules say themselves, where depmod has not written it. */
    private final ModprobeConfig.Builder said = ModprobeConfig.builder(Compat.KMOD_34);

    private int dependencies;

    private DependencyReader(ModuleTree tree, ModprobeConfig config, boolean merge) {
        this.tree = tree;
        this.config = config;
        this.merge = merge;
    }

    /** See {@link DependencyGraph#of(ModuleTree, ModprobeConfig, boolean)}. */
    static DependencyGraph read(ModuleTree tree, ModprobeConfig config, boolean merge) throws IOException {
        DependencyReader reader = new DependencyReader(tree, config, merge);
        reader.readBuiltins();
        Path dep = tree.file("modules.dep");
        if (Files.isRegularFile(dep)) {
            reader.addDependencies(dep, lines(dep));
            reader.addAliases(lines(tree.file("modules.alias")));
        } else {
            reader.readAsDepmod(dep);
        }
        reader.addSoft();
        return reader.builder.build();
    }

    private void readAsDepmod(Path dep) throws IOException {
        Path root = tree.sysroot().root();
        Path above = tree.folder().toAbsolutePath().normalize().getParent();
        if (above == null || !Depmod.isRelease(tree.release())) {
            readModules();
            return;
        }
        DepmodResult made = Depmod.builder(root, tree.release())
                .moduleDirectory("/" + root.relativize(above))
                .maxDependencies(MAX_SIZE)
                .build()
                .run();
        if (!made.cycles().isEmpty()) {
            readModules();
            return;
        }
        addDependencies(dep, lines(made.bytes("modules.dep")));
        addAliases(lines(made.bytes("modules.alias")));
        for (String name : List.of("modules.softdep", "modules.weakdep")) {
            said.add(new String(made.bytes(name), StandardCharsets.ISO_8859_1), name);
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.isRegularFile(file) ? lines(InputFile.read(file, MAX_SIZE, "a file of depmod's")) : List.of();
    }

    private static List<String> lines(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    }

    private void readBuiltins() throws IOException {
        for (String line : lines(tree.file("modules.builtin"))) {
            if (!line.isBlank()) {
                builder.builtin(ModuleTree.moduleName(line));
            }
        }
        BuiltinModinfo.read(tree.file("modules.builtin.modinfo")).forEach((module, tag, value) -> {
            if (tag.equals("alias")) {
                names.addBuiltin(value, module);
            }
        });
    }

    // What depmod wrote.

    private void addDependencies(Path dep, List<String> lines) throws IOException {
        Map<String, List<String>> needed = new LinkedHashMap<>();
        int number = 0;
        for (String line : lines) {
            number++;
            int colon = line.indexOf(':');
            if (colon < 0) {
                throw new MalformedInputException(dep.toString(), "line", number, shortened(line), "PATH: PATH...");
            }
            String module = ModuleTree.moduleName(line.substring(0, colon));
            builder.module(module, file(dep, number, line.substring(0, colon)));
            List<String> chain = new ArrayList<>();
            for (String path : words(line.substring(colon + 1))) {
                count(dep, number);
                chain.add(ModuleTree.moduleName(path));
            }
            if (needed.putIfAbsent(module, chain) == null) {
                List<String> loaded = new ArrayList<>(chain);
                Collections.reverse(loaded);
                builder.chain(module, loaded);
            }
        }
        needed.forEach((module, chain) -> direct(module, chain, needed));
    }

    private void addAliases(List<String> lines) {
        for (String line : lines) {
            List<String> words = words(line);
            if (words.size() == 3 && words.get(0).equals("alias")) {
                names.add(words.get(1), ModuleTree.moduleName(words.get(2)));
            }
        }
    }

    private void count(Path file, int line) {
        if (++dependencies > DependencyGraph.MAX_DEPENDENCIES) {
            throw new MalformedInputException(
                    file.toString(),
                    "line",
                    line,
                    "more than " + DependencyGraph.MAX_DEPENDENCIES + " dependencies",
                    "a kernel's modules");
        }
    }

    /** A module's file: below the tree's folder, or, if its path is absolute, anywhere in the root file system. */
    private Path file(Path dep, int line, String path) throws IOException {
        try {
            if (path.startsWith("/")) {
                Path file = tree.absolute(path);
                if (!file.equals(tree.absolute("/"))) {
                    return file;
                }
            } else {
                Path top = tree.folder().normalize();
                Path file = top.resolve(path).normalize();
                if (file.startsWith(top) && !file.equals(top)) {
                    return file;
                }
            }
        } catch (InvalidPathException e) {
            // said below
        }
        throw new MalformedInputException(
                dep.toString(), "line", line, "'" + shortened(path) + "'", "the path of a module in the tree");
    }

    /** A line has all that is needed; what one of them needs, too, counts as needed by way of that one. */
    private void direct(String module, List<String> chain, Map<String, List<String>> needed) {
        Set<String> indirect = new HashSet<>();
        for (String other : chain) {
            if (!indirect.contains(other)) {
                builder.dependency(module, other, Kind.DEPENDS);
                indirect.addAll(needed.getOrDefault(other, List.of()));
            }
        }
    }

    // What the modules themselves say.

    private void readModules() throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        tree.modules().forEach(entry -> files.putIfAbsent(entry.name(), entry.path()));
        files.forEach(builder::module);
        Map<String, ModuleFacts> modules = ModuleFacts.readAll(files);
        Map<String, String> exporters = new HashMap<>();
        modules.forEach((module, facts) -> {
            facts.exports().forEach(symbol -> exporters.put(symbol, module));
            facts.all("alias").forEach(alias -> names.add(alias, module));
            facts.all("softdep").forEach(value -> said.add("softdep " + module + " " + value, module));
            facts.all("weakdep").forEach(value -> said.add("weakdep " + module + " " + value, module));
        });
        modules.forEach((module, facts) -> {
            Map<String, List<String>> uses = new LinkedHashMap<>();
            for (String symbol : facts.imports()) {
                String provider = exporters.get(symbol);
                if (provider != null && !provider.equals(module)) {
                    uses.computeIfAbsent(provider, p -> new ArrayList<>()).add(symbol);
                }
            }
            uses.forEach((provider, symbols) -> {
                count(tree.folder(), 0);
                builder.dependency(module, provider, Kind.DEPENDS, symbols);
            });
        });
    }

    // Soft and weak dependencies.

    /** The configuration's go before those that modules say: depmod's files are a part of it, if they are there. */
    private void addSoft() {
        ModprobeConfig own = said.build();
        SoftDependencies soft =
                new SoftDependencies(builder.lookup(names, config).build());
        PatternTable<ModprobeConfig.Softdep> softdeps =
                new PatternTable<>(concat(config.softdeps(), own.softdeps()), ModprobeConfig.Softdep::pattern);
        PatternTable<ModprobeConfig.Weakdep> weakdeps =
                new PatternTable<>(concat(config.weakdeps(), own.weakdeps()), ModprobeConfig.Weakdep::pattern);
        long limit = merge ? Long.MAX_VALUE : 1;
        for (String module : builder.files()) {
            softdeps.matching(module).stream().limit(limit).forEach(rule -> {
                rule.pre().forEach(name -> soft.add(module, name, Kind.SOFTDEP_PRE, builder));
                rule.post().forEach(name -> soft.add(module, name, Kind.SOFTDEP_POST, builder));
            });
            weakdeps.matching(module).stream()
                    .limit(limit)
                    .forEach(rule -> rule.modules().forEach(name -> soft.add(module, name, Kind.WEAKDEP, builder)));
        }
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** The words of a line, which blanks separate. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.split("[ \t]+", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    private static String shortened(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "..." : text;
    }
}
