package org.jkmod.kmod;

import java.util.Optional;

/**
 * One thing that modprobe does.
 *
 * @param kind what
 * @param module of which module
 * @param file its file; only of {@link Kind#INSMOD}
 * @param command to run instead; only of {@link Kind#INSTALL} and {@link Kind#REMOVE}
 * @param parameters of the module, as modprobe prints them: a blank stands behind those of the configuration
 * @param required whether all ends if it fails; what only a soft dependency wants may
 * @param reason why it is done
 */
public record ModprobeStep(
        Kind kind,
        String module,
        Optional<ModuleLocation> file,
        Optional<String> command,
        String parameters,
        boolean required,
        ModprobeReason reason) {
    /** What modprobe does. */
    public enum Kind {
        /** Loads a module. */
        INSMOD,
        /** Nothing: the module is part of the kernel. */
        BUILTIN,
        /** Runs a command that loads a module. */
        INSTALL,
        /** Unloads a module. */
        RMMOD,
        /** Runs a command that unloads a module. */
        REMOVE
    }

    /** The line that modprobe prints of it. */
    public String line() {
        return switch (kind) {
            case INSMOD -> "insmod " + file.map(ModuleLocation::shown).orElse(module) + " " + parameters;
            case BUILTIN -> "builtin " + module;
            case INSTALL -> "install " + command.orElse("") + " " + parameters;
            case RMMOD -> "rmmod " + module;
            case REMOVE -> "remove " + command.orElse("");
        };
    }
}
