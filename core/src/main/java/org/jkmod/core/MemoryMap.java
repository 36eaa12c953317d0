package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;

/**
 * Where an architecture's kernels of one generation have their image, their modules and the per-CPU variables of modules: a row a
 * generation in which something changed. All of it is data; {@link KernelAddressSpace} turns it into addresses.
 *
 * @param since the first generation of which it is true
 * @param image where the kernel is without KASLR, and how large: what is taken of a kernel whose addresses nobody knows
 * @param textSize how much of the image is code ({@code _etext - _text}), the same
 * @param slide how KASLR moves the image
 * @param moduleRegions where modules go without KASLR: a region is tried when there is no room in those before it
 * @param randomRegions where they go with KASLR: the first of them whose option is set; empty if that is the same
 * @param codeBlocks how code is allocated, if not as all other memory is ({@code EXECMEM_ROX_CACHE}); empty if it is
 * @param perCpu where modules' per-CPU variables begin, if nobody knows {@code __per_cpu_end}: not the address of any CPU's own copy,
 *     but that of their symbols
 */
public record MemoryMap(
        Generation since,
        AddressRange image,
        long textSize,
        Slide slide,
        List<ModuleRegion> moduleRegions,
        List<RandomRegions> randomRegions,
        Optional<CodeBlocks> codeBlocks,
        Bound perCpu) {
    /** Copies the lists. */
    public MemoryMap {
        moduleRegions = ImmutableList.copyOf(moduleRegions);
        randomRegions = ImmutableList.copyOf(randomRegions);
    }

    /** A map that KASLR does not change, with code allocated as all other memory is. */
    public static MemoryMap fixed(Generation since, AddressRange image, Bound perCpu, ModuleRegion... moduleRegions) {
        return new MemoryMap(
                since,
                image,
                image.size() / 2,
                Slide.NONE,
                List.of(moduleRegions),
                List.of(),
                Optional.empty(),
                perCpu);
    }

    /** What an address is relative to. */
    public enum Anchor {
        /** To nothing: the offset is the address. */
        ZERO,
        /** Where the kernel's image begins ({@code _text}). */
        IMAGE_START,
        /** Where the kernel's code ends ({@code _etext}). */
        TEXT_END,
        /** Where the kernel's image ends ({@code _end}), on a page. */
        IMAGE_END
    }

    /**
     * An address.
     *
     * @param anchor what it is relative to
     * @param offset how far behind that it is; may be negative
     */
    public record Bound(Anchor anchor, long offset) {}

    /** How KASLR moves a region. */
    public enum Motion {
        /** Not at all. */
        NONE,
        /** It begins 1 to 1024 pages later, and ends where it did. */
        LATER_START,
        /** It moves up by no more than keeps the anchor's part of the image (all, or the code) within 128 MiB of its start. */
        UP_128M,
        /** It moves up by no more than keeps the anchor's part of the image (all, or the code) within 2 GiB of its start. */
        UP_2G,
        /** It is a window somewhere around the image and the region before it; there is none if these are larger. */
        AROUND,
        /** It begins where the region before it does. */
        AS_BEFORE
    }

    /**
     * Addresses that modules are allocated from. What the kernel's image takes of them is no part of it.
     *
     * @param start its first address
     * @param size in bytes; unsigned
     * @param motion how KASLR moves it
     */
    public record ModuleRegion(Bound start, long size, Motion motion) {
        /** A region that is where it is. */
        public static ModuleRegion of(AddressRange range) {
            return new ModuleRegion(new Bound(Anchor.ZERO, range.start()), range.size(), Motion.NONE);
        }
    }

    /**
     * Regions of a kernel that has KASLR.
     *
     * @param option the option of the kernel's configuration (without {@code CONFIG_}) with which they are so, taken for {@code y} if it
     *     is unknown; empty if they always are
     * @param regions as without KASLR
     */
    public record RandomRegions(String option, List<ModuleRegion> regions) {
        /** Copies the list. */
        public RandomRegions {
            regions = ImmutableList.copyOf(regions);
        }
    }

    /**
     * How far KASLR moves an image up: {@code first + n * step}, where the image's end is not behind {@code first + span} from where it
     * begins without KASLR.
     *
     * @param first the least, in bytes
     * @param span how much room there is, the image's own size included
     * @param step in bytes
     */
    public record Slide(long first, long span, long step) {
        /** The image stays where it is. */
        public static final Slide NONE = new Slide(0, 0, 1);
    }

    /**
     * Code is cut, without guard pages, from blocks that are executable as a whole ({@code execmem_cache_alloc}, mm/execmem.c).
     *
     * @param size of a block in bytes; where it begins is a multiple of it, too ({@code PMD_SIZE})
     * @param fill what is where no code is ({@code execmem_fill_trapping_insns})
     */
    public record CodeBlocks(long size, int fill) {}
}
