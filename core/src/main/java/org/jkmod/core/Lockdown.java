package org.jkmod.core;

/** How far the kernel is locked down (kernel_lockdown(7), security/lockdown). */
public enum Lockdown {
    /** Not at all. */
    NONE,
    /** What lets user space modify the running kernel is refused, so unsigned modules are. */
    INTEGRITY,
    /** What lets user space read secrets of the kernel is refused, too. */
    CONFIDENTIALITY
}
