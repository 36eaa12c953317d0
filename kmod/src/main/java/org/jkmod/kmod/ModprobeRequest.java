package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Set;

/**
 * What modprobe is asked to do.
 *
 * @param action what to do with the modules
 * @param names of modules, aliases, or, to load, paths that begin with {@code /} or {@code ./}, but for {@link Flag#NAMES_ONLY}
 * @param parameters for the modules of the first name, separated by blanks
 * @param flags how to do it
 */
public record ModprobeRequest(Action action, List<String> names, String parameters, Set<Flag> flags) {
    /** Copies the collections. */
    public ModprobeRequest {
        names = ImmutableList.copyOf(names);
        flags = ImmutableSet.copyOf(flags);
    }

    /** What to do with modules. */
    public enum Action {
        /** Load them. */
        INSERT,
        /** Unload them. */
        REMOVE
    }

    /** How to do it. */
    public enum Flag {
        /** Go on after a name that is not known or whose modules fail ({@code -a}). */
        ALL,
        /** What looks like a path is a name, too, as where systemd asks. */
        NAMES_ONLY,
        /** Whatever is loaded ({@code -D}); modules that are part of the kernel are shown, too. */
        SHOW_DEPENDS,
        /** Neither commands nor soft dependencies of the modules that were asked for ({@code -i}). */
        IGNORE_COMMANDS,
        /** The blacklist holds for names as for aliases ({@code -b}). */
        USE_BLACKLIST,
        /** A module that is loaded already, or unloaded already, is an error ({@code --first-time}). */
        FIRST_TIME,
        /** Unload what uses the modules, too ({@code --remove-holders}). */
        REMOVE_HOLDERS,
        /** Do not look whether a module is in use: whoever unloads it waits ({@code -w}). */
        WAIT
    }

    /** To load modules of a name or alias. */
    public static ModprobeRequest insert(String name) {
        return new ModprobeRequest(Action.INSERT, List.of(name), "", Set.of());
    }

    /** To unload modules of a name or alias. */
    public static ModprobeRequest remove(String name) {
        return new ModprobeRequest(Action.REMOVE, List.of(name), "", Set.of());
    }

    /** Whether something was asked for. */
    boolean has(Flag flag) {
        return flags.contains(flag);
    }
}
