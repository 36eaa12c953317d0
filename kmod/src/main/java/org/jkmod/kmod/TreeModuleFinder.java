package org.jkmod.kmod;

import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.core.KernelObject;
import org.jkmod.core.ModuleFinder;
import org.jkmod.elf.MalformedInputException;

/**
 * Finds modules in a tree: by name, else by alias, as {@code modprobe} without a configuration does ({@code kmod_module_new_from_lookup}).
 *
 * <p>What {@code depmod} has written counts where it is there: {@code modules.dep}, {@code modules.alias}, and {@code modules.builtin},
 * whose modules need no loading. Where a file is not there, the modules themselves are read, all of them, once: what they export and
 * import, and the aliases in their {@code .modinfo}. Immutable and safe for threads; the files of modules are read when they are asked
 * for.
 */
public final class TreeModuleFinder implements ModuleFinder {
    private final ModuleTree tree;
    /** What a module needs, in the order in which it must be loaded. */
    private final ImmutableListMultimap<String, String> dependencies;
    /** Patterns, and the modules that they are for; in the order of the file. */
    private final ImmutableListMultimap<String, String> aliases;

    private final Set<String> builtin;

    private TreeModuleFinder(
            ModuleTree tree,
            ImmutableListMultimap<String, String> dependencies,
            ImmutableListMultimap<String, String> aliases,
            Set<String> builtin) {
        this.tree = tree;
        this.dependencies = dependencies;
        this.aliases = aliases;
        this.builtin = builtin;
    }

    /**
     * A finder of a tree's modules.
     *
     * @throws IOException if a file of depmod's is there and cannot be read
     */
    public static TreeModuleFinder of(ModuleTree tree) throws IOException {
        Path dep = tree.file("modules.dep");
        Path alias = tree.file("modules.alias");
        boolean hasDep = Files.isRegularFile(dep);
        boolean hasAlias = Files.isRegularFile(alias);
        Map<String, Facts> modules = hasDep && hasAlias ? Map.of() : facts(tree);
        return new TreeModuleFinder(
                tree,
                hasDep ? readDependencies(dep) : dependencies(modules),
                hasAlias ? readAliases(alias) : aliases(modules),
                readBuiltin(tree.file("modules.builtin")));
    }

    // What depmod has written.

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.ISO_8859_1).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    /** {@code PATH: PATH...}: what is named last is loaded first ({@code kmod_module_parse_depline}). */
    private static ImmutableListMultimap<String, String> readDependencies(Path file) throws IOException {
        ImmutableListMultimap.Builder<String, String> found = ImmutableListMultimap.builder();
        for (String line : lines(file)) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String module = ModuleTree.moduleName(line.substring(0, colon));
            List<String> needed = new ArrayList<>();
            for (String path : line.substring(colon + 1).trim().split(" +", -1)) {
                if (!path.isEmpty()) {
                    needed.add(0, ModuleTree.moduleName(path));
                }
            }
            found.putAll(module, needed);
        }
        return found.build();
    }

    /** {@code alias PATTERN MODULE}. */
    private static ImmutableListMultimap<String, String> readAliases(Path file) throws IOException {
        ImmutableListMultimap.Builder<String, String> found = ImmutableListMultimap.builder();
        for (String line : lines(file)) {
            String[] words = line.trim().split("\\s+", -1);
            if (words.length == 3 && words[0].equals("alias")) {
                found.put(AliasPattern.underscores(words[1]), ModuleTree.moduleName(words[2]));
            }
        }
        return found.build();
    }

    private static Set<String> readBuiltin(Path file) throws IOException {
        Set<String> found = new LinkedHashSet<>();
        if (Files.isRegularFile(file)) {
            lines(file).stream().map(ModuleTree::moduleName).forEach(found::add);
        }
        return Set.copyOf(found);
    }

    // What the modules themselves say.

    /** What a module says of itself. */
    private record Facts(List<String> exports, List<String> imports, List<String> aliases) {
        static Facts of(KernelObject object) {
            return new Facts(
                    object.exports().stream().map(KernelObject.Export::name).toList(),
                    object.imports().stream().map(KernelObject.Import::name).toList(),
                    object.modinfo().all("alias"));
        }
    }

    /** All modules, of each name the first; of those that cannot be read nothing is known. */
    private static Map<String, Facts> facts(ModuleTree tree) {
        Map<String, Facts> found = new LinkedHashMap<>();
        for (ModuleTree.Entry entry : tree.modules()) {
            if (found.containsKey(entry.name())) {
                continue;
            }
            Facts facts;
            try {
                facts = Facts.of(parse(entry));
            } catch (IOException | MalformedInputException e) {
                facts = new Facts(List.of(), List.of(), List.of());
            }
            found.put(entry.name(), facts);
        }
        return found;
    }

    private static KernelObject parse(ModuleTree.Entry entry) throws IOException {
        return KernelObject.parse(ModuleFile.read(entry.path()), entry.path().toString());
    }

    private static ImmutableListMultimap<String, String> dependencies(Map<String, Facts> modules) {
        Map<String, String> exporters = new HashMap<>();
        modules.forEach((name, facts) -> facts.exports().forEach(symbol -> exporters.putIfAbsent(symbol, name)));
        Map<String, Set<String>> providers = new HashMap<>();
        modules.forEach((name, facts) -> {
            Set<String> direct = new LinkedHashSet<>();
            facts.imports().stream()
                    .filter(exporters::containsKey)
                    .map(exporters::get)
                    .forEach(direct::add);
            providers.put(name, direct);
        });
        ImmutableListMultimap.Builder<String, String> found = ImmutableListMultimap.builder();
        modules.keySet().forEach(name -> {
            Set<String> needed = new LinkedHashSet<>();
            visit(name, providers, new LinkedHashSet<>(), needed);
            needed.remove(name);
            found.putAll(name, needed);
        });
        return found.build();
    }

    /** A module after what it needs; a cycle ends where it began. */
    private static void visit(
            String name, Map<String, Set<String>> providers, Set<String> onTheWay, Set<String> found) {
        if (found.contains(name) || !onTheWay.add(name)) {
            return;
        }
        providers.getOrDefault(name, Set.of()).forEach(p -> visit(p, providers, onTheWay, found));
        found.add(name);
    }

    private static ImmutableListMultimap<String, String> aliases(Map<String, Facts> modules) {
        ImmutableListMultimap.Builder<String, String> found = ImmutableListMultimap.builder();
        modules.forEach(
                (name, facts) -> facts.aliases().forEach(alias -> found.put(AliasPattern.underscores(alias), name)));
        return found.build();
    }

    // Finding.

    @Override
    public List<List<Candidate>> find(String nameOrAlias) {
        String wanted = AliasPattern.underscores(nameOrAlias);
        if (tree.module(wanted).filter(entry -> entry.name().equals(wanted)).isPresent()) {
            return List.of(chain(wanted));
        }
        List<List<Candidate>> found = aliases.entries().stream()
                .filter(alias -> AliasPattern.matches(alias.getKey(), wanted))
                .map(Map.Entry::getValue)
                .distinct()
                .map(this::chain)
                .toList();
        // a module of the kernel's own: there is nothing to load, and nothing wrong
        return found.isEmpty() && builtin.contains(wanted) ? List.of(List.of()) : found;
    }

    private List<Candidate> chain(String module) {
        return Stream.concat(dependencies.get(module).stream(), Stream.of(module))
                .map(name -> new Candidate(name, () -> read(name)))
                .toList();
    }

    private KernelObject read(String name) {
        ModuleTree.Entry entry = tree.module(name)
                .orElseThrow(() -> new UncheckedIOException(new IOException("no file of module " + name)));
        try {
            return parse(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
