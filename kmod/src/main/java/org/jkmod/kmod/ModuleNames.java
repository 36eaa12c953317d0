package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What aliases mean: those of modules first, those of built-in modules if no other has it. A pattern's module stands where it was added.
 * Most patterns are names; of the others only those are tried whose beginning is the name's.
 */
final class ModuleNames implements DependencyGraph.NameLookup {
    private record Alias(int position, String pattern, int literal, String module) {
        boolean matches(String name) {
            return name.regionMatches(0, pattern, 0, literal) && AliasPattern.matches(pattern, name);
        }
    }

    /** Aliases of one sort. */
    private static final class Table {
        private final Map<String, List<Alias>> names = new HashMap<>();
        private final List<Alias> patterns = new ArrayList<>();
        private int size;

        void add(String alias, String module) {
            String pattern = AliasPattern.underscores(alias);
            int literal = literal(pattern);
            Alias added = new Alias(size++, pattern, literal, module);
            if (literal == pattern.length()) {
                names.computeIfAbsent(pattern, p -> new ArrayList<>(1)).add(added);
            } else {
                patterns.add(added);
            }
        }

        private static int literal(String pattern) {
            int end = 0;
            while (end < pattern.length() && "*?[\\".indexOf(pattern.charAt(end)) < 0) {
                end++;
            }
            return end;
        }

        Set<String> find(String name) {
            Set<String> found = new LinkedHashSet<>();
            Stream.concat(
                            names.getOrDefault(name, List.of()).stream(),
                            patterns.stream().filter(alias -> alias.matches(name)))
                    .sorted(Comparator.comparingInt(Alias::position))
                    .forEach(alias -> found.add(alias.module()));
            return found;
        }
    }

    private final Table modules = new Table();
    private final Table builtins = new Table();

    /** An alias of a module. */
    void add(String alias, String module) {
        modules.add(alias, module);
    }

    /** An alias of a module that is a part of the kernel. */
    void addBuiltin(String alias, String module) {
        builtins.add(alias, module);
    }

    @Override
    public List<String> find(String name) {
        Set<String> found = modules.find(name);
        return List.copyOf(found.isEmpty() ? builtins.find(name) : found);
    }
}
