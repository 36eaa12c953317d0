package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;

/**
 * A kernel's list of modules, the newest first. Guarded by the kernel's module_mutex, but for {@link #all}.
 *
 * <p>A chain, as the kernel's own: to load 4,229 modules into an immutable list took a twentieth of all memory that the loads allocated.
 * The list that readers get is made when somebody asks, and kept until the chain changes.
 */
final class ModuleList {
    /** A module, and those that were there before it. */
    private static final class Link {
        private final KernelModule module;
        private final @Nullable Link older;

        Link(KernelModule module, @Nullable Link older) {
            this.module = module;
            this.older = older;
        }
    }

    /** A list, and the chain that it was made of. */
    private record Snapshot(@Nullable Link newest, ImmutableList<KernelModule> all) {}

    private volatile @Nullable Link newest;
    private volatile Snapshot snapshot = new Snapshot(null, ImmutableList.of());

    void add(KernelModule module) {
        newest = new Link(module, newest);
    }

    /** Takes a module out; those that are newer are linked anew, so that readers keep the chain that they have. */
    void remove(KernelModule module) {
        ImmutableList.Builder<KernelModule> newer = ImmutableList.builder();
        Link at = newest;
        while (at != null && at.module != module) {
            newer.add(at.module);
            at = at.older;
        }
        if (at == null) {
            return;
        }
        Link kept = at.older;
        for (KernelModule other : newer.build().reverse()) {
            kept = new Link(other, kept);
        }
        newest = kept;
    }

    boolean contains(KernelModule module) {
        Link at = newest;
        while (at != null && at.module != module) {
            at = at.older;
        }
        return at != null;
    }

    /** All modules as they are now. */
    ImmutableList<KernelModule> all() {
        Link now = newest;
        Snapshot known = snapshot;
        if (known.newest() != now) {
            ImmutableList.Builder<KernelModule> all = ImmutableList.builder();
            for (Link at = now; at != null; at = at.older) {
                all.add(at.module);
            }
            known = new Snapshot(now, all.build());
            snapshot = known;
        }
        return known.all();
    }
}
