package org.jkmod.kmod;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;

/**
 * Finds modules that need each other: Tarjan's strongly connected components, with a stack of its own. A component may have more cycles
 * than there are atoms; one is enough to show it.
 */
final class DependencyCycles {
    private final DependencyGraph graph;
    private final Set<Kind> kinds;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Integer> lowest = new HashMap<>();
    private final Deque<String> stack = new ArrayDeque<>();
    private final Set<String> onStack = new HashSet<>();
    private final TreeMap<String, List<String>> found = new TreeMap<>();

    private DependencyCycles(DependencyGraph graph, Set<Kind> kinds) {
        this.graph = graph;
        this.kinds = kinds;
    }

    static List<List<String>> of(DependencyGraph graph, Set<Kind> kinds) {
        DependencyCycles cycles = new DependencyCycles(graph, kinds);
        for (String module : new TreeSet<>(graph.nodes())) {
            if (!cycles.numbers.containsKey(module)) {
                cycles.visit(module);
            }
        }
        return List.copyOf(cycles.found.values());
    }

    private Iterator<String> targets(String module) {
        return graph.dependencies(module, kinds).stream()
                .map(Dependency::target)
                .distinct()
                .sorted()
                .iterator();
    }

    private void visit(String first) {
        Deque<String> way = new ArrayDeque<>();
        Deque<Iterator<String>> open = new ArrayDeque<>();
        enter(first, way, open);
        while (!way.isEmpty()) {
            String module = way.element();
            if (open.element().hasNext()) {
                String target = open.element().next();
                if (!numbers.containsKey(target)) {
                    enter(target, way, open);
                } else if (onStack.contains(target)) {
                    lowest.merge(module, number(target), Math::min);
                }
                continue;
            }
            way.pop();
            open.pop();
            if (!way.isEmpty()) {
                lowest.merge(way.element(), low(module), Math::min);
            }
            if (low(module) == number(module)) {
                leave(module);
            }
        }
    }

    private void enter(String module, Deque<String> way, Deque<Iterator<String>> open) {
        int number = numbers.size();
        numbers.put(module, number);
        lowest.put(module, number);
        stack.push(module);
        onStack.add(module);
        way.push(module);
        open.push(targets(module));
    }

    private int number(String module) {
        return numbers.getOrDefault(module, 0);
    }

    private int low(String module) {
        return lowest.getOrDefault(module, 0);
    }

    /** Takes a whole component off the stack. */
    private void leave(String root) {
        Set<String> component = new HashSet<>();
        String module;
        do {
            module = stack.pop();
            onStack.remove(module);
            component.add(module);
        } while (!module.equals(root));
        String first = Collections.min(component);
        List<String> cycle = shortest(first, component);
        if (!cycle.isEmpty()) {
            found.put(first, cycle);
        }
    }

    /** The shortest way from a module back to itself; empty if there is none, because it is alone. */
    private List<String> shortest(String first, Set<String> component) {
        Map<String, String> cameFrom = new HashMap<>();
        Deque<String> next = new ArrayDeque<>(List.of(first));
        while (!next.isEmpty()) {
            String module = next.remove();
            for (Iterator<String> targets = targets(module); targets.hasNext(); ) {
                String target = targets.next();
                if (target.equals(first)) {
                    return way(first, module, cameFrom);
                }
                if (component.contains(target) && cameFrom.putIfAbsent(target, module) == null) {
                    next.add(target);
                }
            }
        }
        return List.of();
    }

    private static List<String> way(String first, String last, Map<String, String> cameFrom) {
        List<String> way = new ArrayList<>(List.of(last));
        while (!way.get(way.size() - 1).equals(first)) {
            way.add(cameFrom.getOrDefault(way.get(way.size() - 1), first));
        }
        Collections.reverse(way);
        return List.copyOf(way);
    }
}
