package org.jkmod.core;

/**
 * A relocation type of a processor supplement: a row of an {@link Architecture}'s table. An enum implements it, with the supplement's
 * own names.
 */
public interface RelocationType {
    /** The supplement's name, as {@code R_X86_64_PC32}. */
    String name();

    /** What the row says. */
    RelocationRow row();
}
