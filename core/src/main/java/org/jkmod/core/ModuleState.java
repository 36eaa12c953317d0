package org.jkmod.core;

/** The states of a module ({@code enum module_state}, include/linux/module.h). */
public enum ModuleState {
    /** Normal: initialised and in use. */
    LIVE("Live"),
    /** Fully formed, running its init. */
    COMING("Loading"),
    /** Going away. */
    GOING("Unloading"),
    /** Still being set up: nobody may look at it. */
    UNFORMED("Unformed");

    private final String shown;

    ModuleState(String shown) {
        this.shown = shown;
    }

    /** How {@code /proc/modules} shows the state; it never shows {@link #UNFORMED} modules. */
    public String shown() {
        return shown;
    }
}
