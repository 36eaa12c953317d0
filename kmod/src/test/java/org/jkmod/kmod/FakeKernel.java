package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A kernel's books as a test wants them: loading adds a name, unloading takes it away, and who holds whom is said by hand. */
final class FakeKernel implements ModprobeTarget {
    final Set<String> loaded = new LinkedHashSet<>();
    final Map<String, List<String>> holders = new HashMap<>();
    final Set<String> refused = new HashSet<>();

    FakeKernel(String... modules) {
        loaded.addAll(List.of(modules));
    }

    /** Says that a module is used by another. */
    FakeKernel hold(String module, String by) {
        holders.computeIfAbsent(module, m -> new ArrayList<>()).add(by);
        return this;
    }

    @Override
    public boolean isLoaded(String module) {
        return loaded.contains(module);
    }

    @Override
    public int references(String module) {
        return holders(module).size();
    }

    @Override
    public List<String> holders(String module) {
        return holders.getOrDefault(module, List.of());
    }

    @Override
    public Optional<String> perform(ModprobeStep step) {
        if (refused.contains(step.module())) {
            return Optional.of("refused");
        }
        switch (step.kind()) {
            case INSMOD, INSTALL -> loaded.add(step.module());
            case RMMOD, REMOVE -> {
                loaded.remove(step.module());
                holders.values().forEach(by -> by.remove(step.module()));
            }
            case BUILTIN -> {}
        }
        return Optional.empty();
    }
}
