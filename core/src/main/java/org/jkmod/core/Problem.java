package org.jkmod.core;

import java.util.Optional;

/**
 * Why a kernel does not take a module, or takes it only under protest.
 *
 * @param kind what rule it breaks
 * @param errno what the system call returns; empty where the kernel goes on all the same
 * @param message the line that the kernel prints, as that kernel words it; empty where it prints none
 * @param meaning what that means, in a sentence
 * @param remedy what to do about it, in a sentence
 */
public record Problem(Kind kind, Optional<Errno> errno, String message, String meaning, String remedy) {
    /** A problem that ends a load. */
    public Problem(Kind kind, Errno errno, String message, String meaning, String remedy) {
        this(kind, Optional.of(errno), message, meaning, remedy);
    }

    /** The rules that a module may break, in the order in which the kernel looks at them. */
    public enum Kind {
        /** Whoever asks may not load modules, or nobody may. */
        PERMISSION,
        /** The signature is not what the kernel wants. */
        SIGNATURE,
        /** The file is not an ELF object that this kernel takes. */
        FORMAT,
        /** The kernel's command line forbids the module. */
        BLACKLISTED,
        /** The version magic is another kernel's. */
        VERMAGIC,
        /** It is a livepatch, and the kernel has no livepatch support. */
        LIVEPATCH,
        /** A module of that name is loaded already. */
        DUPLICATE_MODULE,
        /** There is no room for the module. */
        NO_MEMORY,
        /** A symbol that the module needs is exported by nobody, or not for its licence. */
        UNKNOWN_SYMBOL,
        /** A symbol's checksum differs from what the module was built against. */
        SYMBOL_VERSION,
        /** A symbol's namespace is not imported. */
        NAMESPACE,
        /** A symbol's module is still being loaded. */
        OWNER_COMING,
        /** A symbol is in a section that does not exist. */
        INVALID_SYMBOL,
        /** A relocation cannot be applied. */
        RELOCATION,
        /** A symbol that the module exports is exported already, or without what goes with it. */
        DUPLICATE_EXPORT,
        /** A parameter is malformed or refused. */
        PARAMETER,
        /** The module cannot be shown in {@code /sys/module}. */
        SYSFS,
        /** The module's own init refused. */
        INIT,
        /** The kernel does not check, and what lies in memory decides. */
        UNCHECKED
    }
}
