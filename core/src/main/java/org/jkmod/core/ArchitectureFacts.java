package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import org.jkmod.elf.ElfClass;

/**
 * What there is to say of an architecture in a word each.
 *
 * @param name its name, as {@code uname -m} prints it
 * @param aliases other names that people and distributions use
 * @param machine {@code e_machine} of its objects
 * @param elfClass the class of its objects
 * @param byteOrder the byte order of its objects
 * @param memoryMaps where the kernel, its modules and their per-CPU variables are: a row a generation that changed it, the oldest first
 * @param prel32 whether {@code struct kernel_symbol} holds 32-bit distances rather than pointers
 *     ({@code HAVE_ARCH_PREL32_RELOCATIONS})
 * @param relocationErrno what a load returns when a relocation fails
 */
public record ArchitectureFacts(
        String name,
        Set<String> aliases,
        int machine,
        ElfClass elfClass,
        ByteOrder byteOrder,
        List<MemoryMap> memoryMaps,
        boolean prel32,
        Errno relocationErrno) {
    /** Copies the collections. */
    public ArchitectureFacts {
        aliases = ImmutableSet.copyOf(aliases);
        memoryMaps = ImmutableList.copyOf(memoryMaps);
        if (memoryMaps.isEmpty()) {
            throw new IllegalArgumentException(name + " has no memory map");
        }
    }
}
