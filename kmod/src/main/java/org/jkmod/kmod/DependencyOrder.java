package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * In which order modules are named on a line of modules.dep: one that needs another before it. Numbers go to modules that nobody
 * needs, the last of the array first, and to others as soon as all that need them have one.
 */
final class DependencyOrder {
    /** More cycles than these are not told: a tree could have more than there are atoms. */
    static final int MAX_CYCLES = 100;

    /** How many steps the search for cycles takes from one module. */
    private static final int MAX_STEPS = 100_000;

    private final int[][] needs;
    private final int[] numbers;
    private int numbered;
    private final int[] stamps;
    private int stamp;
    private int[] closure = new int[64];

    /**
     * Orders modules.
     *
     * @param needs of each module those that it needs directly, each once
     */
    DependencyOrder(int[][] needs) {
        this.needs = needs;
        this.numbers = new int[needs.length];
        this.stamps = new int[needs.length];
        number();
    }

    private void number() {
        int count = needs.length;
        int[] users = new int[count];
        for (int[] direct : needs) {
            for (int module : direct) {
                users[module]++;
            }
        }
        int[] stack = new int[count];
        int top = 0;
        for (int i = 0; i < count; i++) {
            if (users[i] == 0) {
                stack[top++] = i;
            }
        }
        while (top > 0) {
            int module = stack[--top];
            numbers[module] = ++numbered;
            for (int needed : needs[module]) {
                if (--users[needed] == 0) {
                    stack[top++] = needed;
                }
            }
        }
    }

    /** Whether some modules need themselves. */
    boolean hasCycles() {
        return numbered < needs.length;
    }

    /** All that a module needs, also by way of others, in order. Only if there are no cycles. */
    int[] closure(int module) {
        stamp++;
        int count = 0;
        stamps[module] = stamp;
        count = addNeeds(module, count);
        for (int i = 0; i < count; i++) {
            count = addNeeds(closure[i], count);
        }
        int[] result = Arrays.copyOf(closure, count);
        sort(result);
        return result;
    }

    private int addNeeds(int module, int from) {
        int count = from;
        for (int needed : needs[module]) {
            if (stamps[needed] != stamp) {
                stamps[needed] = stamp;
                if (count == closure.length) {
                    closure = Arrays.copyOf(closure, count * 2);
                }
                closure[count++] = needed;
            }
        }
        return count;
    }

    private void sort(int[] modules) {
        if (modules.length > 64) {
            long[] keys = new long[modules.length];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = (long) numbers[modules[i]] << 32 | modules[i];
            }
            Arrays.sort(keys);
            for (int i = 0; i < keys.length; i++) {
                modules[i] = (int) keys[i];
            }
            return;
        }
        for (int i = 1; i < modules.length; i++) {
            int module = modules[i];
            int at = i;
            while (at > 0 && numbers[modules[at - 1]] > numbers[module]) {
                modules[at] = modules[--at];
            }
            modules[at] = module;
        }
    }

    /** Which modules need themselves, in their order: those from which a way leads back. */
    List<Integer> inCycles() {
        List<Integer> result = new ArrayList<>();
        int[] components = components();
        int[] sizes = new int[needs.length];
        for (int component : components) {
            sizes[component]++;
        }
        for (int i = 0; i < needs.length; i++) {
            if (sizes[components[i]] > 1 || needsItself(i)) {
                result.add(i);
            }
        }
        return result;
    }

    private boolean needsItself(int module) {
        for (int needed : needs[module]) {
            if (needed == module) {
                return true;
            }
        }
        return false;
    }

    /** Of each module one that stands for all that need it and that it needs: Tarjan's algorithm, with a stack of its own. */
    private int[] components() {
        int count = needs.length;
        int[] component = new int[count];
        int[] index = new int[count];
        int[] low = new int[count];
        int[] next = new int[count];
        int[] path = new int[count];
        int[] open = new int[count];
        boolean[] isOpen = new boolean[count];
        int depth = 0;
        int opened = 0;
        int visited = 0;
        for (int root = 0; root < count; root++) {
            if (index[root] != 0) {
                continue;
            }
            path[depth++] = root;
            while (depth > 0) {
                int module = path[depth - 1];
                if (index[module] == 0) {
                    index[module] = low[module] = ++visited;
                    open[opened++] = module;
                    isOpen[module] = true;
                }
                if (next[module] < needs[module].length) {
                    int needed = needs[module][next[module]++];
                    if (index[needed] == 0) {
                        path[depth++] = needed;
                    } else if (isOpen[needed]) {
                        low[module] = Math.min(low[module], index[needed]);
                    }
                    continue;
                }
                depth--;
                if (depth > 0) {
                    low[path[depth - 1]] = Math.min(low[path[depth - 1]], low[module]);
                }
                if (low[module] == index[module]) {
                    int member;
                    do {
                        member = open[--opened];
                        isOpen[member] = false;
                        component[member] = module;
                    } while (member != module);
                }
            }
        }
        return component;
    }

    /**
     * Cycles, at most {@link #MAX_CYCLES}: each as its modules, the first again at the end. From each module those that go through no
     * module looked at before it.
     */
    List<int[]> cycles() {
        List<int[]> cycles = new ArrayList<>();
        List<Integer> modules = inCycles();
        int[] components = components();
        boolean[] done = new boolean[needs.length];
        for (int root : modules) {
            cyclesOf(root, components, done, cycles);
            done[root] = true;
        }
        return cycles;
    }

    private void cyclesOf(int root, int[] components, boolean[] done, List<int[]> cycles) {
        boolean[] onWay = new boolean[needs.length];
        int[] way = new int[needs.length + 1];
        int[] next = new int[needs.length];
        int depth = 0;
        way[depth++] = root;
        next[root] = needs[root].length;
        onWay[root] = true;
        for (int steps = 0; depth > 0 && steps < MAX_STEPS && cycles.size() < MAX_CYCLES; steps++) {
            int module = way[depth - 1];
            if (next[module] == 0) {
                onWay[module] = false;
                depth--;
                continue;
            }
            // The last first, as kmod takes them from its stack.
            int needed = needs[module][--next[module]];
            if (needed == root) {
                int[] cycle = Arrays.copyOf(way, depth + 1);
                cycle[depth] = root;
                cycles.add(cycle);
            } else if (!onWay[needed] && !done[needed] && components[needed] == components[root]) {
                way[depth++] = needed;
                next[needed] = needs[needed].length;
                onWay[needed] = true;
            }
        }
    }
}
