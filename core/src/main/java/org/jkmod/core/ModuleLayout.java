package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * Where a kernel puts a module's sections: in which memory, at which offset. Immutable.
 */
public final class ModuleLayout {
    /**
     * Where a section goes.
     *
     * @param index the section's index in the file
     * @param name its name
     * @param memory the memory that it goes to
     * @param offset from the beginning of that memory, in bytes
     * @param size in bytes, unsigned, as the file claims
     * @param flags {@code sh_flags}, as the kernel has changed them
     * @param hasContent whether its bytes are in the file; else it is all zeros at first
     */
    public record Placement(
            int index, String name, MemoryType memory, long offset, long size, long flags, boolean hasContent) {
        /** Whether it is one of the module's own, rather than the symbol table or its strings. */
        public boolean isAllocated() {
            return (flags & SHF_ALLOC) != 0;
        }
    }

    private final ImmutableList<Placement> placements;
    private final @Nullable Placement[] byIndex;
    private final Map<MemoryType, Long> sizes;
    private final ImmutableList<Part> parts;
    private final CoreSymbols coreSymbols;

    /**
     * A part of a memory whose pages have the same permissions. Each memory is one, but that before Linux 6.4 the core and the init layout
     * have several.
     *
     * @param memory the memory
     * @param content what the part holds: one of the types that are no layouts
     * @param start where it begins, in bytes from the memory's beginning
     * @param end where it ends
     */
    record Part(MemoryType memory, MemoryType content, long start, long end) {}

    /**
     * Where the symbols go that stay after init ({@code core_kallsyms}).
     *
     * @param memory the memory that holds them
     * @param symbolOffset where in it the {@code Elf_Sym} begin
     * @param stringOffset where in it their names begin
     * @param typeOffset where in it their types begin, a letter each
     * @param symbols their indexes in the file's symbol table, ascending; the undefined symbol at 0 is one of them
     */
    @SuppressWarnings("ArrayRecordComponent") // internal; nobody compares or changes it
    record CoreSymbols(MemoryType memory, long symbolOffset, long stringOffset, long typeOffset, int[] symbols) {}

    ModuleLayout(
            List<Placement> placements,
            int sectionCount,
            EnumMap<MemoryType, Long> sizes,
            List<Part> parts,
            CoreSymbols coreSymbols) {
        this.placements = ImmutableList.copyOf(placements);
        this.byIndex = new Placement[sectionCount];
        for (Placement placement : placements) {
            byIndex[placement.index()] = placement;
        }
        this.sizes = Maps.immutableEnumMap(sizes);
        this.parts = ImmutableList.copyOf(parts);
        this.coreSymbols = coreSymbols;
    }

    /**
     * Lays a module out as the kernel does that it was built for, by its version magic.
     *
     * @throws MalformedInputException if the module makes no sense
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public static ModuleLayout of(KernelObject object) {
        return of(object, object.release());
    }

    /**
     * Lays a module out as a kernel does.
     *
     * @throws MalformedInputException if the module makes no sense
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public static ModuleLayout of(KernelObject object, KernelRelease release) {
        return of(object, KernelConfiguration.of(release));
    }

    /**
     * Lays a module out as a kernel does.
     *
     * @throws MalformedInputException if the module makes no sense
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public static ModuleLayout of(KernelObject object, KernelConfiguration kernel) {
        return SectionLayout.of(object, kernel, object.architecture());
    }

    /** All sections that get memory, in the order in which the kernel lays them out. */
    public List<Placement> placements() {
        return placements;
    }

    /** Where a section goes; empty if it gets no memory. */
    public Optional<Placement> of(int sectionIndex) {
        return Optional.ofNullable(placementOf(sectionIndex));
    }

    @Nullable
    Placement placementOf(int sectionIndex) {
        return sectionIndex >= 0 && sectionIndex < byIndex.length ? byIndex[sectionIndex] : null;
    }

    /**
     * The memories that the module needs, with their sizes in bytes, before rounding to pages. The kernel sums sizes in 32 bits: a memory
     * may be smaller than one of its sections.
     */
    public Map<MemoryType, Long> sizes() {
        return sizes;
    }

    /** Where in a memory the last section ends that has content in the file: the rest is zeros. */
    long contentEnd(MemoryType type) {
        return end(type, true);
    }

    /** How many bytes of a memory its sections take: the rest is the symbols that the module keeps. */
    long sectionBytes(MemoryType type) {
        return Math.min(end(type, false), sizes.getOrDefault(type, 0L));
    }

    private long end(MemoryType type, boolean contentOnly) {
        long end = 0;
        for (Placement placement : placements) {
            if (placement.memory() == type && (placement.hasContent() || !contentOnly)) {
                // a section of 2^63 bytes and more is no negative one
                long size = placement.size() < 0 ? 1L << 62 : placement.size();
                end = Math.max(end, placement.offset() + Math.min(size, 1L << 62));
            }
        }
        return end;
    }

    /** The sections' addresses by index, once the memories have theirs; 0 for those without memory. */
    long[] addresses(Map<MemoryType, ModuleMemory> memory) {
        long[] addresses = new long[byIndex.length];
        for (Placement placement : placements) {
            addresses[placement.index()] = address(placement, memory);
        }
        return addresses;
    }

    /** A memory of size 0 is not allocated: the kernel's pointer to it is NULL. */
    private static long address(Placement placement, Map<MemoryType, ModuleMemory> memory) {
        ModuleMemory piece = memory.get(placement.memory());
        return (piece == null ? 0 : piece.base()) + placement.offset();
    }

    /** The sections that have memory. */
    List<LoadedSection> sections(Map<MemoryType, ModuleMemory> memory) {
        List<LoadedSection> sections = new ArrayList<>(placements.size());
        for (Placement p : placements) {
            if (memory.containsKey(p.memory())) {
                sections.add(new LoadedSection(p.name(), p.memory(), address(p, memory), p.size()));
            }
        }
        return sections;
    }

    /** The parts of a memory in their order. */
    List<Part> parts(MemoryType memory) {
        ImmutableList.Builder<Part> found = ImmutableList.builder();
        for (Part part : parts) {
            if (part.memory() == memory) {
                found.add(part);
            }
        }
        return found.build();
    }

    CoreSymbols coreSymbols() {
        return coreSymbols;
    }
}
