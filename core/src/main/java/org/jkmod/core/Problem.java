package org.jkmod.core;

/**
 * Why a kernel does not take a module.
 *
 * @param kind what rule it breaks
 * @param errno what the system call returns
 * @param message the line that the kernel prints, as that kernel words it; empty where it prints none
 * @param meaning what that means, in a sentence
 * @param remedy what to do about it, in a sentence
 */
public record Problem(Kind kind, Errno errno, String message, String meaning, String remedy) {
    /** The rules that a module may break, in the order in which the kernel looks at them. */
    public enum Kind {
        /** The file is not an ELF object that this kernel takes. */
        FORMAT,
        /** The version magic is another kernel's. */
        VERMAGIC,
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
        /** A symbol is in a section that does not exist. */
        INVALID_SYMBOL,
        /** A relocation cannot be applied. */
        RELOCATION,
        /** A symbol that the module exports is exported already. */
        DUPLICATE_EXPORT,
        /** A parameter is malformed or refused. */
        PARAMETER
    }
}
