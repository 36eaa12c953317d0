package org.jkmod.core;

import java.util.List;
import java.util.function.Supplier;

/**
 * Finds the modules of a name or an alias, for {@link OnDemandModules}: what user space's modprobe(8) knows, from modules.alias and
 * modules.dep.
 */
@FunctionalInterface
public interface ModuleFinder {
    /**
     * A module that could be loaded.
     *
     * @param name its name, with underscores
     * @param object reads its file; asked only if the module is not loaded. What it throws is a failure of modprobe
     */
    record Candidate(String name, Supplier<KernelObject> object) {
        /** A module that is read already. */
        public static Candidate of(KernelObject object) {
            return new Candidate(object.name(), () -> object);
        }
    }

    /**
     * Finds modules.
     *
     * @param nameOrAlias a module's name, with dashes or underscores, or an alias as {@code fs-ext4}, {@code pci:v00008086d...}
     * @return for each module that goes by it a list: what it needs, in the order in which it must be loaded, and the module itself last.
     *     Empty if there is no such module
     */
    List<List<Candidate>> find(String nameOrAlias);
}
