package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jkmod.core.KernelObject;
import org.jkmod.core.Modinfo;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.DependencyGraph.Kind;

/**
 * What a module's file says of it.
 *
 * @param exports the names of the symbols that it offers
 * @param imports the names of the symbols that it needs, in the order of its symbol table
 * @param modinfo its {@code .modinfo}
 * @param isReadable whether it is a module at all; all else is empty if not
 */
record ModuleFacts(List<String> exports, List<String> imports, List<Modinfo.Entry> modinfo, boolean isReadable) {
    /** Of a file that is no module: depmod lists it, and knows nothing else of it. */
    static final ModuleFacts NONE = new ModuleFacts(List.of(), List.of(), List.of(), false);

    /**
     * Reads a module's file.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is no module
     */
    static ModuleFacts read(Path file) throws IOException {
        KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
        return new ModuleFacts(
                object.exports().stream().map(KernelObject.Export::name).toList(),
                object.imports().stream().map(KernelObject.Import::name).toList(),
                object.modinfo().entries(),
                true);
    }

    /** The values of a tag of {@code .modinfo}, in its order. */
    List<String> all(String tag) {
        return modinfo.stream()
                .filter(entry -> entry.tag().equals(tag))
                .map(Modinfo.Entry::value)
                .toList();
    }

    /** A module, and what its file says of it. */
    private record Read(String module, ModuleFacts facts) {}

    /**
     * Reads the files of modules, several at a time; one that is no module counts as {@link #NONE}.
     *
     * @throws IOException if one cannot be read
     */
    static Map<String, ModuleFacts> readAll(Map<String, Path> files) throws IOException {
        Map<String, ModuleFacts> found = new LinkedHashMap<>();
        Iterator<Map.Entry<String, Path>> things = files.entrySet().iterator();
        int threads = Math.max(1, Math.min(files.size(), Runtime.getRuntime().availableProcessors()));
        InOrder.run(
                things,
                threads,
                file -> {
                    try {
                        return new Read(file.getKey(), read(file.getValue()));
                    } catch (MalformedInputException e) {
                        return new Read(file.getKey(), NONE);
                    }
                },
                read -> found.put(read.module(), read.facts()));
        return found;
    }

    /** See {@link DependencyGraph#withSymbols}. */
    static DependencyGraph addTo(DependencyGraph graph, Set<String> modules) throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String module : modules) {
            graph.file(module).ifPresent(file -> files.put(module, file));
            for (String needed : graph.chain(module)) {
                graph.file(needed).ifPresent(file -> files.put(needed, file));
            }
        }
        Map<String, ModuleFacts> facts = readAll(files);
        Map<String, List<String>> exporters = new HashMap<>();
        facts.forEach((module, fact) -> fact.exports()
                .forEach(symbol -> exporters
                        .computeIfAbsent(symbol, s -> new ArrayList<>(1))
                        .add(module)));

        // What is damaged keeps what depmod said of it when it was not.
        modules.removeIf(module -> !facts.getOrDefault(module, NONE).isReadable());
        DependencyGraph.Builder builder = graph.without(modules, EnumSet.of(Kind.DEPENDS));
        for (String module : modules) {
            // Of several that export a symbol, the one that depmod took is on the module's line.
            Set<String> chain = new HashSet<>(graph.chain(module));
            Map<String, List<String>> uses = new LinkedHashMap<>();
            for (String symbol : facts.getOrDefault(module, NONE).imports()) {
                exporters.getOrDefault(symbol, List.of()).stream()
                        .filter(chain::contains)
                        .findFirst()
                        .ifPresent(provider -> uses.computeIfAbsent(provider, p -> new ArrayList<>())
                                .add(symbol));
            }
            uses.forEach((provider, symbols) -> builder.dependency(module, provider, Kind.DEPENDS, symbols));
        }
        return builder.build();
    }

    /** See {@link DependencyGraph#withFile}. */
    static DependencyGraph addFile(DependencyGraph graph, Path file) throws IOException {
        ModuleFacts facts = read(file);
        String module = ModuleTree.moduleName(String.valueOf(file.getFileName()));
        DependencyGraph.Builder builder =
                graph.without(Set.of(module), Kind.ALL).replace(module, file);
        SoftDependencies soft = new SoftDependencies(graph);
        for (String value : facts.all("depends")) {
            for (String name : value.split(",", -1)) {
                if (!name.isBlank()) {
                    builder.dependency(module, name.trim().replace('-', '_'), Kind.DEPENDS);
                }
            }
        }
        facts.all("softdep").forEach(value -> soft.addSoft(module, value, builder));
        facts.all("weakdep").forEach(value -> soft.addWeak(module, value, builder));
        return builder.build();
    }
}
