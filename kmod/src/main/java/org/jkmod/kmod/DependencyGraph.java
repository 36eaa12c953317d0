package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Lists;
import com.google.common.collect.Multimaps;
import com.google.common.graph.ImmutableNetwork;
import com.google.common.graph.MutableNetwork;
import com.google.common.graph.NetworkBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which module needs which. Nodes are modules by their names, with underscores; edges go from the one that needs to the one that is
 * needed. Several may go from one module to another, of different {@linkplain Kind kinds}. Immutable.
 *
 * <p>Hard dependencies are direct ones: a module that a module uses only by way of a third has no edge. Soft and weak dependencies name
 * whatever modprobe(8) would look up: a module, or an alias of several, each of which gets an edge.
 */
public final class DependencyGraph {
    /** More hard and soft dependencies than any tree has by far: Debian's have 16,000 in modules.dep. */
    static final int MAX_DEPENDENCIES = 1 << 20;

    /** Why a module needs another. */
    public enum Kind {
        /** It uses its symbols, and cannot be loaded without. */
        DEPENDS("depends"),
        /** {@code softdep ... pre:}: modprobe tries to load it before. */
        SOFTDEP_PRE("pre"),
        /** {@code softdep ... post:}: modprobe tries to load it after. */
        SOFTDEP_POST("post"),
        /** {@code weakdep}: the module asks for it itself, at some time; it should lie beside it. modprobe does nothing about it. */
        WEAKDEP("weak");

        /** All there are. */
        public static final Set<Kind> ALL = ImmutableSet.copyOf(values());

        private final String shown;

        Kind(String shown) {
            this.shown = shown;
        }

        /** A word for it, in small letters. */
        public String shown() {
            return shown;
        }
    }

    /** Where a module is. */
    public enum Place {
        /** A file of the tree. */
        FILE,
        /** A part of the kernel: there is nothing to load. */
        BUILTIN,
        /** Neither: a soft or weak dependency that nothing has the name of. */
        NOWHERE
    }

    /**
     * An edge.
     *
     * @param source the module that needs another
     * @param target the one that it needs
     * @param kind why
     * @param symbols for {@link Kind#DEPENDS}, what it uses of it, in the order of its symbol table; empty where only modules.dep is known
     */
    public record Dependency(String source, String target, Kind kind, List<String> symbols) {
        /** Copies the list. */
        public Dependency {
            symbols = List.copyOf(symbols);
        }
    }

    private final ImmutableSet<Dependency> edges;
    private final ImmutableMap<Kind, ImmutableListMultimap<String, Dependency>> from;
    private final ImmutableMap<Kind, ImmutableListMultimap<String, Dependency>> to;
    private final ImmutableMap<String, Path> files;
    private final ImmutableSet<String> builtins;
    private final ImmutableMap<String, ImmutableList<String>> chains;
    private final NameLookup lookup;
    private final ModprobeConfig config;
    /** Made when it is asked for; to make it twice does no harm. */
    private volatile @Nullable ImmutableNetwork<String, Dependency> network;

    private DependencyGraph(Builder builder) {
        this.edges = ImmutableSet.copyOf(builder.edges.values());
        this.from = index(edges, Dependency::source);
        this.to = index(edges, Dependency::target);
        this.files = ImmutableMap.copyOf(builder.files);
        this.builtins = ImmutableSet.copyOf(builder.builtins);
        this.chains = ImmutableMap.copyOf(builder.chains);
        this.lookup = builder.lookup;
        this.config = builder.config;
    }

    private static ImmutableMap<Kind, ImmutableListMultimap<String, Dependency>> index(
            Collection<Dependency> edges, Function<Dependency, String> key) {
        ImmutableMap.Builder<Kind, ImmutableListMultimap<String, Dependency>> index = ImmutableMap.builder();
        for (Kind kind : Kind.values()) {
            List<Dependency> ofKind =
                    edges.stream().filter(edge -> edge.kind() == kind).toList();
            index.put(kind, Multimaps.index(ofKind, key::apply));
        }
        return index.buildOrThrow();
    }

    private static ImmutableList<Dependency> edges(
            ImmutableMap<Kind, ImmutableListMultimap<String, Dependency>> index, Kind kind, String module) {
        return index.getOrDefault(kind, ImmutableListMultimap.of()).get(module);
    }

    /**
     * The graph of a tree: from what depmod wrote beside the modules if {@code modules.dep} is there, or else from the modules
     * themselves, all of them, as {@link Depmod} reads them.
     *
     * @throws IOException if a file cannot be read
     * @throws org.jkmod.elf.MalformedInputException if depmod's files are not what they should be
     */
    public static DependencyGraph of(ModuleTree tree) throws IOException {
        return of(tree, ModprobeConfig.read(List.of(), tree.sysroot(), tree.folder(), "", Compat.KMOD_34), false);
    }

    /**
     * The graph of a tree for a configuration: its soft and weak dependencies, aliases and blacklist count.
     *
     * @param config with the tree's own, as {@link ModprobeConfig#read} has it
     * @param merge whether all lines for a module count, and not only the first, so that the user's softdeps come to the kernel's
     * @throws IOException as above
     * @throws org.jkmod.elf.MalformedInputException as above
     */
    public static DependencyGraph of(ModuleTree tree, ModprobeConfig config, boolean merge) throws IOException {
        return DependencyReader.read(tree, config, merge);
    }

    /** Begins a graph. */
    public static Builder builder() {
        return new Builder();
    }

    /** Who knows what a name that is no module's means. */
    interface NameLookup {
        /** The modules, in the order in which modprobe would load them. */
        List<String> find(String name);
    }

    /** Puts a graph together. */
    public static final class Builder {
        private record Ends(String source, String target, Kind kind) {}

        private final Map<Ends, Dependency> edges = new LinkedHashMap<>();
        private final Map<String, Path> files = new LinkedHashMap<>();
        private final Set<String> builtins = new LinkedHashSet<>();
        private final Map<String, ImmutableList<String>> chains = new LinkedHashMap<>();
        private NameLookup lookup = name -> List.of();
        private ModprobeConfig config = ModprobeConfig.EMPTY;

        private Builder() {}

        /** A module of the tree, and its file. The first file of a name counts. */
        public Builder module(String name, Path file) {
            files.putIfAbsent(name, file);
            return this;
        }

        /** Another file for a module, whose dependencies are no more those that depmod found. */
        Builder replace(String name, Path file) {
            files.put(name, file);
            chains.remove(name);
            return this;
        }

        /** A module that is a part of the kernel. */
        public Builder builtin(String name) {
            builtins.add(name);
            return this;
        }

        /** An edge; a second one with the same ends and kind changes nothing. */
        public Builder dependency(String source, String target, Kind kind, List<String> symbols) {
            edges.putIfAbsent(new Ends(source, target, kind), new Dependency(source, target, kind, symbols));
            return this;
        }

        /** An edge without symbols. */
        public Builder dependency(String source, String target, Kind kind) {
            return dependency(source, target, kind, List.of());
        }

        /** All that a module depends on, in the order in which it is loaded. */
        Builder chain(String module, List<String> loaded) {
            chains.put(module, ImmutableList.copyOf(loaded));
            return this;
        }

        Builder lookup(NameLookup names, ModprobeConfig configured) {
            lookup = names;
            config = configured;
            return this;
        }

        Set<String> files() {
            return files.keySet();
        }

        /** The graph. */
        public DependencyGraph build() {
            return new DependencyGraph(this);
        }
    }

    /** A builder that has all of this graph but the dependencies of some modules. */
    Builder without(Set<String> modules, Set<Kind> kinds) {
        Builder builder = new Builder();
        edges.stream()
                .filter(edge -> !kinds.contains(edge.kind()) || !modules.contains(edge.source()))
                .forEach(edge -> builder.dependency(edge.source(), edge.target(), edge.kind(), edge.symbols()));
        builder.files.putAll(files);
        builder.builtins.addAll(builtins);
        builder.chains.putAll(chains);
        return builder.lookup(lookup, config);
    }

    /** The graph as guava has it: modules with a file first, then all that they name. */
    public ImmutableNetwork<String, Dependency> network() {
        ImmutableNetwork<String, Dependency> made = network;
        if (made == null) {
            made = toNetwork();
            network = made;
        }
        return made;
    }

    private ImmutableNetwork<String, Dependency> toNetwork() {
        MutableNetwork<String, Dependency> result = NetworkBuilder.directed()
                .allowsParallelEdges(true)
                .allowsSelfLoops(true)
                .build();
        nodes().forEach(result::addNode);
        edges.forEach(edge -> result.addEdge(edge.source(), edge.target(), edge));
        return ImmutableNetwork.copyOf(result);
    }

    /** Modules with a file, then all others that edges name, in the order of the edges. */
    Set<String> nodes() {
        Set<String> nodes = new LinkedHashSet<>(files.keySet());
        edges.forEach(edge -> {
            nodes.add(edge.source());
            nodes.add(edge.target());
        });
        return nodes;
    }

    /** All modules that have a file, in the tree's order. */
    public Set<String> modules() {
        return files.keySet();
    }

    /** Where a module's file is; empty of what has none. It need not exist: depmod's files may be older than the modules. */
    public Optional<Path> file(String module) {
        return Optional.ofNullable(files.get(module));
    }

    /** Where a module is. */
    public Place place(String module) {
        if (files.containsKey(module)) {
            return Place.FILE;
        }
        return builtins.contains(module) ? Place.BUILTIN : Place.NOWHERE;
    }

    /**
     * The modules that a name or an alias means, in modprobe's order of where to look: aliases of the configuration, modules, their
     * aliases, built-in modules, theirs. Those that are blacklisted are not found by aliases.
     *
     * @return none if there are none
     */
    public List<String> find(String nameOrAlias) {
        String name = AliasPattern.underscores(nameOrAlias);
        return findAll(nameOrAlias).stream()
                .filter(module -> module.equals(name) || !config.isBlacklisted(module))
                .toList();
    }

    /** As above, with those that are blacklisted: no blacklist holds for what modules name. */
    List<String> findAll(String nameOrAlias) {
        String name = AliasPattern.underscores(nameOrAlias);
        List<String> found = config.aliasesOf(name).stream()
                .map(ModprobeConfig.Alias::module)
                .toList();
        if (found.isEmpty() && !files.containsKey(name)) {
            found = lookup.find(name);
        }
        boolean itself = found.isEmpty() && (files.containsKey(name) || builtins.contains(name));
        return itself ? List.of(name) : found.stream().distinct().toList();
    }

    /** What a module needs directly: edges from it, hard ones first, then by the names of the targets. */
    public List<Dependency> dependencies(String module, Set<Kind> kinds) {
        return edges(module, kinds, false);
    }

    /** What needs a module directly: edges to it, hard ones first, then by the names of the sources. */
    public List<Dependency> dependents(String module, Set<Kind> kinds) {
        return edges(module, kinds, true);
    }

    private List<Dependency> edges(String module, Set<Kind> kinds, boolean reverse) {
        List<Dependency> found = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            if (kinds.contains(kind)) {
                edges(reverse ? to : from, kind, module).stream()
                        .sorted(Comparator.comparing(Dependency::target).thenComparing(Dependency::source))
                        .forEach(found::add);
            }
        }
        return found;
    }

    /** What a module needs in one way, in the order in which it says so. */
    List<String> targets(String module, Kind kind) {
        return Lists.transform(edges(from, kind, module), Dependency::target);
    }

    /**
     * Modules, and all that they need, directly or not; or all that needs them.
     *
     * @param depth how many edges to go at most
     * @return the modules by their distance, those of one distance in the order of the edges; the given ones are the first
     */
    public Set<String> reachable(Collection<String> modules, Set<Kind> kinds, boolean reverse, int depth) {
        Set<String> found = new LinkedHashSet<>(modules);
        Collection<String> last = List.copyOf(found);
        for (int i = 0; i < depth && !last.isEmpty(); i++) {
            Set<String> next = new LinkedHashSet<>();
            for (String module : last) {
                for (Dependency edge : edges(module, kinds, reverse)) {
                    String other = reverse ? edge.source() : edge.target();
                    if (found.add(other)) {
                        next.add(other);
                    }
                }
            }
            last = next;
        }
        return found;
    }

    /** All that a module depends on, in the order in which modprobe loads it: a module after those that it uses. */
    List<String> chain(String module) {
        ImmutableList<String> known = chains.get(module);
        return known == null ? postOrder(module) : known;
    }

    /** Without an order that depmod made: depth first. A cycle ends where it began. */
    private List<String> postOrder(String module) {
        Set<String> found = new LinkedHashSet<>();
        Set<String> visited = new LinkedHashSet<>(Set.of(module));
        Deque<Deque<Dependency>> open = new ArrayDeque<>();
        Deque<String> way = new ArrayDeque<>();
        Set<Kind> hard = EnumSet.of(Kind.DEPENDS);
        way.push(module);
        open.push(new ArrayDeque<>(dependencies(module, hard)));
        while (!open.isEmpty()) {
            Dependency edge = open.element().poll();
            if (edge == null) {
                open.pop();
                found.add(way.pop());
            } else if (visited.add(edge.target())) {
                way.push(edge.target());
                open.push(new ArrayDeque<>(dependencies(edge.target(), hard)));
            }
        }
        found.remove(module);
        return List.copyOf(found);
    }

    /**
     * Modules and what they need, each once, in the order in which modprobe loads them: a module's dependencies, then what should be there
     * before it, then itself, then what should be there after it. What is only wanted weakly comes last.
     *
     * @param kinds which needs count; hard ones always do
     */
    public List<String> loadOrder(Collection<String> modules, Set<Kind> kinds) {
        return LoadOrder.of(this, modules, kinds, module -> true).stream()
                .map(LoadOrder.Loaded::module)
                .toList();
    }

    /**
     * Modules that need each other, so that none can be loaded first: of each such set one of the shortest cycles, beginning with the
     * module whose name is the first.
     *
     * @param kinds which needs count
     * @return each cycle's modules, each needing the next, and the last the first; in the order of their first modules
     */
    public List<List<String>> cycles(Set<Kind> kinds) {
        return DependencyCycles.of(this, kinds);
    }

    /**
     * The graph with what the files of modules say: their direct dependencies, and the symbols that make them. What depmod wrote only tells
     * of all dependencies together, so that one which is also an indirect one is not seen there.
     *
     * @param modules those whose files to read; and those of all that they depend on, which must be among them to be exact, too
     * @throws IOException if a file cannot be read
     * @throws org.jkmod.elf.MalformedInputException if a file is no module
     */
    public DependencyGraph withSymbols(Collection<String> modules) throws IOException {
        return ModuleFacts.addTo(this, new TreeSet<>(modules));
    }

    /**
     * The graph with a module that is a file of its own: in place of the tree's module of that name, if there is one. What it depends on it
     * says itself, in {@code depends}, {@code softdep} and {@code weakdep} of its {@code .modinfo}.
     *
     * @throws IOException if the file cannot be read
     * @throws org.jkmod.elf.MalformedInputException if it is no module
     */
    public DependencyGraph withFile(Path file) throws IOException {
        return ModuleFacts.addFile(this, file);
    }

    @Override
    public String toString() {
        return files.size() + " modules, " + edges.size() + " dependencies";
    }
}
