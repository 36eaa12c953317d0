package org.jkmod.core;

/**
 * Hears of what becomes of modules ({@code register_module_notifier}). Called without the kernel's lock, on the thread that loads or
 * unloads, one module's events in their order: {@link ModuleState#COMING}, {@link ModuleState#LIVE}, {@link ModuleState#GOING}; of a
 * module whose load fails after COMING: GOING.
 *
 * <p>Who throws at COMING ends the load, as a notifier does that returns an error; at LIVE and GOING nothing can be ended any more. What
 * was thrown comes out of the load or the unload in any case.
 */
@FunctionalInterface
public interface ModuleListener {
    /**
     * A module has come to a state.
     *
     * @param module the module
     * @param state where it is now
     */
    void changed(KernelModule module, ModuleState state);
}
