package org.jkmod.kmod;

/**
 * Which kmod's files are written, where its versions differ: mostly in the order of the nodes of the binary indexes. Both are read by
 * every kmod.
 */
public enum Compat {
    /** kmod 30, of Debian 12. */
    KMOD_30,
    /** kmod 34. */
    KMOD_34
}
