package org.jkmod.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Those who hear of what becomes of modules ({@code module_notify_list}). What they throw is a bug of theirs: it comes out where the
 * module was loaded or unloaded, once everybody has heard, and changes nothing that the kernel would not let a notifier change.
 */
final class ModuleNotifiers {
    private final List<ModuleListener> listeners = new CopyOnWriteArrayList<>();

    void add(ModuleListener listener) {
        listeners.add(listener);
    }

    void remove(ModuleListener listener) {
        listeners.remove(listener);
    }

    /**
     * A module is COMING ({@code blocking_notifier_call_chain_robust}): the first who objects ends it, and those who have heard of the
     * module before hear that it is GOING again.
     */
    void coming(KernelModule module) {
        int heard = 0;
        List<ModuleListener> all = List.copyOf(listeners);
        try {
            for (ModuleListener listener : all) {
                listener.changed(module, ModuleState.COMING);
                heard++;
            }
        } catch (RuntimeException | Error e) {
            Throwable later = tell(all.subList(0, heard), module, ModuleState.GOING);
            if (later != null) {
                e.addSuppressed(later);
            }
            throw e;
        }
    }

    /** A module is LIVE or GOING ({@code blocking_notifier_call_chain}): everybody hears of it, and nobody can object. */
    void tell(KernelModule module, ModuleState state) {
        Throwable fault = tell(listeners, module, state);
        if (fault instanceof RuntimeException e) {
            throw e;
        }
        if (fault instanceof Error e) {
            throw e;
        }
    }

    private static @Nullable Throwable tell(List<ModuleListener> to, KernelModule module, ModuleState state) {
        Throwable first = null;
        for (ModuleListener listener : to) {
            try {
                listener.changed(module, state);
            } catch (RuntimeException | Error e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        return first;
    }
}
