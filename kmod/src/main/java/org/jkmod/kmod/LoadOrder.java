package org.jkmod.kmod;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jkmod.kmod.DependencyGraph.Kind;

/**
 * The order in which modprobe loads modules. To probe one is to place each of its hard dependencies and then itself; to place one is to
 * probe those that should come before, to load it, and to probe those that should come after. Whatever was probed once is not probed
 * again, and that ends every cycle.
 *
 * <p>The steps that are left lie on a stack of their own: a chain of soft dependencies may be as long as a hostile file makes it. Each soft
 * dependency is taken from its list once, so that there are no more steps than edges.
 */
final class LoadOrder {
    private enum Action {
        PROBE,
        PLACE,
        FOLLOW
    }

    /**
     * A module that is loaded.
     *
     * @param module its name
     * @param why what kind of need brought it in first; empty if it was asked for
     * @param by the module that needs it, itself or by way of others; of one that was asked for, itself
     */
    record Loaded(String module, Optional<Kind> why, String by) {}

    private record Step(Action action, Loaded loaded) {
        String module() {
            return loaded.module();
        }
    }

    private final DependencyGraph graph;
    private final Set<Kind> kinds;
    private final Predicate<String> admitted;
    private final Set<String> probed = new HashSet<>();
    private final Set<String> loaded = new HashSet<>();
    private final List<Loaded> inOrder = new ArrayList<>();
    private final Map<String, Iterator<Loaded>> before = new HashMap<>();
    private final Map<String, Iterator<Loaded>> after = new HashMap<>();
    private final Deque<Step> left = new ArrayDeque<>();

    private LoadOrder(DependencyGraph graph, Set<Kind> kinds, Predicate<String> admitted) {
        this.graph = graph;
        this.kinds = kinds;
        this.admitted = admitted;
    }

    /**
     * The order for modules and what they need.
     *
     * @param admitted which modules may be loaded if they are only wanted softly or weakly
     */
    static List<Loaded> of(
            DependencyGraph graph, Collection<String> modules, Set<Kind> kinds, Predicate<String> admitted) {
        LoadOrder order = new LoadOrder(graph, kinds, admitted);
        modules.forEach(module -> order.probe(new Loaded(module, Optional.empty(), module)));
        if (kinds.contains(Kind.WEAKDEP)) {
            // what comes of it is added behind
            for (int i = 0; i < order.inOrder.size(); i++) {
                order.targets(order.inOrder.get(i).module(), Kind.WEAKDEP).forEachRemaining(order::probe);
            }
        }
        return List.copyOf(order.inOrder);
    }

    private void probe(Loaded first) {
        left.push(new Step(Action.PROBE, first));
        while (!left.isEmpty()) {
            Step step = left.pop();
            switch (step.action()) {
                case PROBE -> {
                    if (probed.add(step.module())) {
                        left.push(new Step(Action.PLACE, step.loaded()));
                        List<String> chain = graph.chain(step.module());
                        for (int i = chain.size() - 1; i >= 0; i--) {
                            Loaded needed = new Loaded(chain.get(i), Optional.of(Kind.DEPENDS), step.module());
                            left.push(new Step(Action.PLACE, needed));
                        }
                    }
                }
                case PLACE -> {
                    if (!goOn(step, before, Kind.SOFTDEP_PRE)) {
                        if (loaded.add(step.module())) {
                            inOrder.add(step.loaded());
                        }
                        left.push(new Step(Action.FOLLOW, step.loaded()));
                    }
                }
                case FOLLOW -> goOn(step, after, Kind.SOFTDEP_POST);
            }
        }
    }

    /** Probes the next soft dependency, if there is one, and then goes on with the step. */
    private boolean goOn(Step step, Map<String, Iterator<Loaded>> lists, Kind kind) {
        Iterator<Loaded> list = lists.computeIfAbsent(step.module(), m -> targets(m, kind));
        if (!list.hasNext()) {
            return false;
        }
        left.push(step);
        left.push(new Step(Action.PROBE, list.next()));
        return true;
    }

    /** In the order of the configuration. */
    private Iterator<Loaded> targets(String module, Kind kind) {
        return (kinds.contains(kind) ? graph.targets(module, kind) : List.<String>of())
                .stream()
                        .filter(admitted)
                        .map(target -> new Loaded(target, Optional.of(kind), module))
                        .iterator();
    }
}
