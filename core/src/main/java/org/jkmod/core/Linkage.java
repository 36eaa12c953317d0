package org.jkmod.core;

import java.util.Optional;

/**
 * Makes what relocations of one module need beside the module's own code: stubs that reach where a branch does not
 * ({@code module_emit_plt_entry}), entries of a global offset table ({@code module_emit_got_entry}). It serves one load of one module,
 * and keeps count of what it has made.
 */
public interface Linkage {
    /** For architectures whose rows never leave a relocation to it. */
    Linkage NONE = relocations -> {
        throw new IllegalStateException("relocations left to nobody");
    };

    /**
     * Applies the relocations of a section that the program has left.
     *
     * @return why one of them cannot be applied; empty if all are
     */
    Optional<RelocationFailure> apply(DeferredRelocations relocations);
}
