package org.jkmod.core;

/** Whose rules a relocation follows, where the kernel and the processor supplement differ. */
public enum RelocationPolicy {
    /** What the kernel's loader does, the checks that it leaves out included. The loader's default. */
    KERNEL,
    /** What the processor supplement (psABI) says. */
    PSABI
}
