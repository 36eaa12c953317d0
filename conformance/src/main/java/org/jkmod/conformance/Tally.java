package org.jkmod.conformance;

/**
 * How many things of a kind were compared.
 *
 * @param check what was compared: layout, bytes, kallsyms, modules
 * @param what kind: a section's name, a column
 * @param compared how many
 * @param explained how many differ for a known reason: the kernel patches them, or running changes them
 * @param different how many differ for none
 */
public record Tally(String check, String what, long compared, long explained, long different) {
    /** How many are equal. */
    public long equal() {
        return compared - explained - different;
    }

    /** Adds another one. */
    Tally plus(Tally other) {
        return new Tally(
                check, what, compared + other.compared, explained + other.explained, different + other.different);
    }
}
