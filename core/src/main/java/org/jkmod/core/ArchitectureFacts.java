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
 * @param moduleRegions where module memory is allocated; a range is taken when there is no room in those before it
 * @param perCpuRegion where the addresses of modules' per-CPU variables are: not that of any CPU's own copy, but those that symbols
 *     have ({@code __alloc_reserved_percpu})
 * @param kernelImage where the kernel's own symbols are put when nobody knows their addresses
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
        List<AddressRange> moduleRegions,
        AddressRange perCpuRegion,
        AddressRange kernelImage,
        boolean prel32,
        Errno relocationErrno) {
    /** Copies the collections. */
    public ArchitectureFacts {
        aliases = ImmutableSet.copyOf(aliases);
        moduleRegions = ImmutableList.copyOf(moduleRegions);
    }
}
