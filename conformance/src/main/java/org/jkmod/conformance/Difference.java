package org.jkmod.conformance;

import java.util.List;

/**
 * Something that jkmod makes otherwise than the kernel did.
 *
 * @param check what was compared: layout, bytes, kallsyms, modules
 * @param module the module
 * @param place where in it: a section and an offset, a symbol, a column
 * @param ours what jkmod makes of it; for bytes a hexadecimal dump, a line a row
 * @param theirs what the kernel had
 * @param cause the relocation and the symbol that the place depends on; empty if there is none
 */
public record Difference(String check, String module, String place, String ours, String theirs, List<String> cause) {
    /** Copies the list. */
    public Difference {
        cause = List.copyOf(cause);
    }

    @Override
    public String toString() {
        return check + " " + module + " " + place + ": " + ours + ", in the kernel " + theirs
                + (cause.isEmpty() ? "" : " (" + String.join("; ", cause) + ")");
    }
}
