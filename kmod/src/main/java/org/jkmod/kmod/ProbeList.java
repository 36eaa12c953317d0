package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jkmod.kmod.ModprobeReason.Relation;
import org.jkmod.kmod.ModuleLookup.Found;

/**
 * The modules to load for one, in their order. It is what it needs, and then itself, each between its soft dependencies; of these each is
 * that again, but only the first time that it is met. What is needed is there each time: it is loaded when the plan is done, and then is
 * no more.
 */
final class ProbeList {
    /**
     * A module to load.
     *
     * @param path that modules.dep has for it where it is needed; empty if it is found by its name
     * @param required whether the module that was asked for can't be loaded without it
     * @param ignoreCommands whether its install command does not count: kmod's rule for a module with soft dependencies
     * @param depth how many soft dependencies lead to it
     */
    record Entry(
            Found module,
            Optional<String> path,
            boolean required,
            boolean ignoreCommands,
            ModprobeReason reason,
            int depth) {
        private Entry withoutCommands() {
            return new Entry(module, path, required, true, reason, depth);
        }
    }

    /** What is still to be done; a stack of these stands for a recursion, whose depth the configuration decides. */
    private record Task(Kind kind, Entry entry) {
        enum Kind {
            /** Adds a module with all that it needs. */
            EXPAND,
            /** Adds a module with its soft dependencies. */
            SURROUND,
            /** Adds a module. */
            ADD
        }
    }

    private final Modprobe modprobe;
    private final List<Entry> entries = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final Set<Found> visited = new HashSet<>();
    private final Deque<Task> todo = new ArrayDeque<>();
    private Optional<String> refusal = Optional.empty();

    private ProbeList(Modprobe modprobe) {
        this.modprobe = modprobe;
    }

    /**
     * The list of a module.
     *
     * @param ignoreCommands whether neither its own install command nor its own soft dependencies count
     */
    static ProbeList of(Modprobe modprobe, Found module, boolean ignoreCommands, ModprobeReason reason) {
        ProbeList list = new ProbeList(modprobe);
        list.todo.add(new Task(Task.Kind.EXPAND, new Entry(module, Optional.empty(), true, ignoreCommands, reason, 0)));
        while (!list.todo.isEmpty() && list.refusal.isEmpty()) {
            list.act(list.todo.pop());
        }
        if (ignoreCommands) {
            // it may be among what soft dependencies of others need: kmod has one note a module
            list.entries.replaceAll(entry -> entry.module().equals(module) ? entry.withoutCommands() : entry);
        }
        return list;
    }

    /** The modules; in their order. */
    List<Entry> entries() {
        return ImmutableList.copyOf(entries);
    }

    /** Why it may not be loaded: the filter denies something that it needs. */
    Optional<String> refusal() {
        return refusal;
    }

    /** Soft dependencies that the filter denies. */
    List<String> skipped() {
        return ImmutableList.copyOf(skipped);
    }

    /** Files that are needed and not there. */
    List<String> missing() {
        return ImmutableList.copyOf(missing);
    }

    private void act(Task task) {
        Entry entry = task.entry();
        switch (task.kind()) {
            case EXPAND -> expand(entry);
            case SURROUND -> surround(entry);
            case ADD -> entries.add(entry);
        }
        if (entries.size() + todo.size() > Modprobe.MAX_STEPS || entry.depth() > Modprobe.MAX_DEPTH) {
            throw modprobe.tooLong();
        }
    }

    private void expand(Entry entry) {
        if (!visited.add(entry.module())) {
            return;
        }
        List<Entry> needed = needed(entry);
        Optional<String> denied =
                needed.stream().flatMap(module -> denial(module).stream()).findFirst();
        if (denied.isPresent()) {
            if (entry.required()) {
                refusal = denied;
            } else {
                skipped.add(denied.get());
            }
            return;
        }
        todo.push(new Task(entry.ignoreCommands() ? Task.Kind.ADD : Task.Kind.SURROUND, entry));
        for (Entry module : Lists.reverse(needed.subList(0, needed.size() - 1))) {
            todo.push(new Task(Task.Kind.SURROUND, module));
        }
    }

    /** What a module needs, and itself. */
    private List<Entry> needed(Entry entry) {
        String name = entry.module().name();
        ModprobeReason reason = entry.reason().of(Relation.DEPENDENCY, name);
        List<Entry> needed = new ArrayList<>();
        Optional<String> absent = modprobe.missingDependency(name);
        absent.ifPresent(path -> missing.add(modprobe.shown(path) + ": No such file or directory: nothing that " + name
                + " needs is loaded for it"));
        for (String path : modprobe.dependencies(name)) {
            Found found = new Found(ModuleTree.moduleName(path), "");
            needed.add(new Entry(found, Optional.of(path), entry.required(), false, reason, entry.depth()));
        }
        needed.add(entry);
        return needed;
    }

    private Optional<String> denial(Entry entry) {
        String name = entry.module().name();
        return modprobe.lookup().isBuiltin(name)
                ? Optional.empty()
                : modprobe.filter()
                        .refusal(name)
                        .map(why -> "Module " + name + " is " + why + ": it is " + entry.reason());
    }

    private void surround(Entry entry) {
        Modprobe.Softdeps softdeps = modprobe.softdeps(entry.module().name());
        pushAll(softdeps.post(), Relation.SOFTDEP_POST, entry);
        todo.push(new Task(
                Task.Kind.ADD,
                new Entry(
                        entry.module(),
                        entry.path(),
                        entry.required(),
                        !softdeps.isEmpty(),
                        entry.reason(),
                        entry.depth())));
        pushAll(softdeps.pre(), Relation.SOFTDEP_PRE, entry);
    }

    private void pushAll(List<Found> modules, Relation relation, Entry of) {
        ModprobeReason reason = of.reason().of(relation, of.module().name());
        for (Found module : Lists.reverse(modules)) {
            ModprobeReason own = module.alias().isEmpty() ? reason : reason.of(Relation.ALIAS, module.alias());
            todo.push(
                    new Task(Task.Kind.EXPAND, new Entry(module, Optional.empty(), false, false, own, of.depth() + 1)));
        }
    }
}
