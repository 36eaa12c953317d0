package org.jkmod.core;

import java.util.function.IntConsumer;

/**
 * Applies the relocations of a section ({@code apply_relocate_add}), straight from the bytes of {@code Elf64_Rela[]} to the bytes of
 * an image. Programs have no state: one serves all threads.
 *
 * <p>There are two, made from the same rows and proven equal: the {@linkplain #interpreted interpreter}, which is the one to read, and
 * the {@linkplain #compiled compiled} one, which is the one to run.
 *
 * <p>A program makes nothing that was not there before: relocations that need a stub or an entry of a global offset table are left to
 * the architecture's {@link Linkage}.
 */
public interface RelocationProgram {
    /**
     * Applies relocations in order, up to the first that cannot be applied; those before it stay applied.
     *
     * @param rela what holds the {@code Elf64_Rela} entries, 24 bytes each, little-endian
     * @param from where in it the first one begins
     * @param count how many there are; all must lie within the array
     * @param symbols the symbols' values by index
     * @param image what holds the section's bytes
     * @param base where in the image the section begins
     * @param size the section's size in bytes; the section must lie within the image
     * @param address the address of the section's first byte
     * @param deferred told the indexes of the relocations that are left to the {@link Linkage}
     * @return how many were applied or left: {@code count}, or the index of the one that could not be
     */
    int apply(
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address,
            IntConsumer deferred);

    /** The interpreter of an architecture's rows. */
    static RelocationProgram interpreted(Architecture architecture, RelocationPolicy policy) {
        return new RelocationInterpreter(architecture, policy);
    }

    /** A program compiled from an architecture's rows; made on the first call, and then the same for all. */
    static RelocationProgram compiled(Architecture architecture, RelocationPolicy policy) {
        return RelocationCompiler.program(architecture, policy);
    }
}
