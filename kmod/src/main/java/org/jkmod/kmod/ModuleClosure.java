package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.DependencyGraph.Place;

/**
 * All that must lie in an initramfs so that modules can be loaded from it: their files and those of what they depend on, hard, softly
 * and weakly, in the order in which modprobe loads them, and the firmware that they ask for. Immutable.
 *
 * @param modules the modules that have files
 * @param builtins the names of those that are a part of the kernel, and that nothing has to be done for
 * @param absent soft and weak dependencies that nothing has the name of; modprobe passes over them
 * @param leftOut soft and weak dependencies that the filter does not let through, or that need a module that it does not
 * @param firmware what the modules, built-in ones too, ask for, in their order
 */
public record ModuleClosure(
        List<Module> modules,
        List<String> builtins,
        List<Dependency> absent,
        List<Dependency> leftOut,
        List<Firmware> firmware) {
    /**
     * A module of the closure.
     *
     * @param name its name
     * @param file where it is
     * @param why what kind of dependency brought it in first; empty if it was asked for
     * @param by the module that depends on it, itself or by way of others; of one that was asked for, itself
     */
    public record Module(String name, Path file, Optional<Kind> why, String by) {}

    /**
     * Firmware that modules ask for.
     *
     * @param name as they say it
     * @param modules their names
     * @param files what it is: none if it is not there, several if the name is a pattern
     */
    public record Firmware(String name, List<String> modules, List<FirmwareDirectories.FirmwareFile> files) {
        /** Copies the lists. */
        public Firmware {
            modules = List.copyOf(modules);
            files = List.copyOf(files);
        }

        /** Whether there is none. */
        public boolean isMissing() {
            return files.isEmpty();
        }
    }

    /** Copies the lists. */
    public ModuleClosure {
        modules = List.copyOf(modules);
        builtins = List.copyOf(builtins);
        absent = List.copyOf(absent);
        leftOut = List.copyOf(leftOut);
        firmware = List.copyOf(firmware);
    }

    /**
     * The closure of modules.
     *
     * @param tree whose graph it is
     * @param modules their names, as {@link DependencyGraph#find} gives them
     * @param kinds which soft and weak dependencies to follow; hard ones always are
     * @param filter which modules may be in it
     * @param directories where firmware is; empty: nobody asks for firmware, and no file of a module is read
     * @throws IOException if a module may not be in it that must be, or if a file cannot be read
     * @throws org.jkmod.elf.MalformedInputException if the file of a module is none
     */
    public static ModuleClosure of(
            DependencyGraph graph,
            ModuleTree tree,
            Collection<String> modules,
            Set<Kind> kinds,
            ModuleFilter filter,
            Optional<FirmwareDirectories> directories)
            throws IOException {
        Refusals refusals = new Refusals(graph, filter);
        for (String module : modules) {
            Optional<String> refusal = refusals.of(module);
            if (refusal.isPresent()) {
                throw new IOException("module " + module + " cannot be loaded: " + refusal.get());
            }
        }
        List<Module> found = new ArrayList<>();
        List<String> builtins = new ArrayList<>();
        List<Dependency> absent = new ArrayList<>();
        List<Dependency> leftOut = new ArrayList<>();
        for (LoadOrder.Loaded loaded :
                LoadOrder.of(graph, modules, kinds, m -> refusals.of(m).isEmpty())) {
            String name = loaded.module();
            switch (graph.place(name)) {
                case FILE -> found.add(new Module(name, graph.file(name).orElseThrow(), loaded.why(), loaded.by()));
                case BUILTIN -> builtins.add(name);
                case NOWHERE -> {
                    if (loaded.why().filter(Kind.DEPENDS::equals).isPresent()) {
                        throw new IOException(
                                "module " + loaded.by() + " depends on " + name + ", which is not in " + tree.folder());
                    }
                    absent.add(new Dependency(loaded.by(), name, loaded.why().orElse(Kind.DEPENDS), List.of()));
                }
            }
        }
        for (Module module : found) {
            graph.dependencies(module.name(), kinds).stream()
                    .filter(edge -> edge.kind() != Kind.DEPENDS
                            && refusals.of(edge.target()).isPresent())
                    .forEach(leftOut::add);
        }
        List<Firmware> firmware =
                directories.isPresent() ? firmware(tree, found, builtins, directories.get()) : List.of();
        return new ModuleClosure(found, builtins, absent, leftOut, firmware);
    }

    /** Which modules cannot be loaded because a filter does not let them through, or what they depend on. */
    private static final class Refusals {
        private final DependencyGraph graph;
        private final ModuleFilter filter;
        private final Map<String, Optional<String>> known = new HashMap<>();

        Refusals(DependencyGraph graph, ModuleFilter filter) {
            this.graph = graph;
            this.filter = filter;
        }

        /** Why a module cannot be: empty if it can. */
        Optional<String> of(String module) {
            return known.computeIfAbsent(module, this::find);
        }

        private Optional<String> find(String module) {
            if (graph.place(module) == Place.BUILTIN) {
                return Optional.empty();
            }
            Optional<String> own = filter.refusal(module);
            if (own.isPresent()) {
                return own;
            }
            for (String needed : graph.chain(module)) {
                Optional<String> refusal = filter.refusal(needed);
                if (refusal.isPresent()) {
                    return Optional.of(String.join(" needs ", way(module, needed)) + ", which is " + refusal.get());
                }
            }
            return Optional.empty();
        }

        /** The shortest way from a module to one that it depends on. */
        private List<String> way(String from, String to) {
            Map<String, String> cameFrom = new HashMap<>();
            Set<String> seen = new LinkedHashSet<>(Set.of(from));
            List<String> next = new ArrayList<>(List.of(from));
            for (int i = 0; i < next.size() && !cameFrom.containsKey(to); i++) {
                String module = next.get(i);
                for (String target : graph.targets(module, Kind.DEPENDS)) {
                    if (seen.add(target)) {
                        cameFrom.put(target, module);
                        next.add(target);
                    }
                }
            }
            List<String> way = new ArrayList<>(List.of(to));
            for (String at = cameFrom.get(to); at != null; at = cameFrom.get(at)) {
                way.add(0, at);
            }
            return way;
        }
    }

    private static List<Firmware> firmware(
            ModuleTree tree, List<Module> modules, List<String> builtins, FirmwareDirectories directories)
            throws IOException {
        Map<String, List<String>> names = new LinkedHashMap<>();
        Map<String, Path> files = new LinkedHashMap<>();
        modules.forEach(module -> files.put(module.name(), module.file()));
        ModuleFacts.readAll(files)
                .forEach((module, facts) -> facts.all("firmware").forEach(name -> add(names, name, module)));
        Set<String> wanted = Set.copyOf(builtins);
        BuiltinModinfo.read(tree.file("modules.builtin.modinfo")).forEach((module, tag, value) -> {
            if (tag.equals("firmware") && wanted.contains(module)) {
                add(names, value, module);
            }
        });
        List<Firmware> found = new ArrayList<>();
        for (Map.Entry<String, List<String>> name : names.entrySet()) {
            found.add(new Firmware(name.getKey(), name.getValue(), directories.find(name.getKey())));
        }
        return found;
    }

    private static void add(Map<String, List<String>> names, String name, String module) {
        List<String> modules = names.computeIfAbsent(name, n -> new ArrayList<>(1));
        if (modules.isEmpty() || !modules.get(modules.size() - 1).equals(module)) {
            modules.add(module);
        }
    }
}
