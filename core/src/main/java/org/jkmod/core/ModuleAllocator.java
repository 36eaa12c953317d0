package org.jkmod.core;

import com.google.common.collect.ImmutableSortedMap;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * Gives modules their memory: {@code move_module} and {@code percpu_modalloc} (kernel/module/main.c), {@code module_alloc} (before 6.10)
 * and {@code execmem_alloc} (mm/execmem.c). The kernel's module_mutex guards it; what has been given can be looked at without.
 */
final class ModuleAllocator {
    /** What nobody's module has; but a file of a few kilobytes can have content so far from the beginning of its memory. */
    private static final long MAX_CONTENT = 128L << 20;
    /** How many zeros at the end of a memory are kept in an array. */
    private static final long MAX_ZEROS = 4L << 20;
    /** How often the per-CPU allocator warns ({@code warn_limit}). */
    private static final int PER_CPU_WARNINGS = 10;

    /** A piece and the module that it was allocated for. */
    record Piece(String module, ModuleMemory memory) {}

    private final AddressPlan plan;
    private final int pageSize;
    private final Generation generation;
    private final boolean strict;
    private final boolean smp;
    private final long limit;
    private final VmallocRegion region;
    private final @Nullable CodeBlockCache codeBlocks;
    private final PerCpuChunk perCpu;
    private final ConcurrentNavigableMap<Long, Piece> pieces = new ConcurrentSkipListMap<>(Long::compareUnsigned);
    private volatile ImmutableSortedMap<Long, Long> unusedCode = ImmutableSortedMap.of();
    private long held;
    private int perCpuWarnings = PER_CPU_WARNINGS;

    ModuleAllocator(KernelProfile profile, BootOptions options) {
        KernelConfiguration configuration = profile.configuration();
        this.plan = new AddressPlan(profile, options);
        this.pageSize = profile.architecture().pageSize(configuration);
        this.generation = profile.generation();
        this.strict = configuration.isSet("STRICT_MODULE_RWX", true);
        this.smp = configuration.isSet("SMP", true);
        this.limit = options.memoryLimit();
        this.region = new VmallocRegion(plan.available(), pageSize);
        this.codeBlocks = plan.map()
                .codeBlocks()
                // CONFIG_ARCH_HAS_EXECMEM_ROX
                .filter(blocks -> strict)
                .map(blocks -> new CodeBlockCache(blocks.size(), pageSize, blockSource()))
                .orElse(null);
        long reserve = generation.perCpuReserve(configuration.isSet("MEM_ALLOC_PROFILING", false));
        this.perCpu = new PerCpuChunk(new AddressRange(plan.perCpu(), reserve), pageSize);
    }

    private CodeBlockCache.Source blockSource() {
        return new CodeBlockCache.Source() {
            @Override
            public OptionalLong allocate(long size, long alignment) {
                return search(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                region.free(address, size);
            }
        };
    }

    /**
     * {@code move_module}: gives a module all the memory that it needs but for per-CPU variables; on failure, what was given is taken back.
     *
     * @param log what says that there is not enough
     * @throws LoadProblem if there is not enough
     */
    EnumMap<MemoryType, ModuleMemory> moveModule(KernelObject object, ModuleLayout layout, KernelLog log) {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        try {
            layout.sizes().forEach((type, size) -> {
                if (type != MemoryType.PERCPU) {
                    memory.put(type, kept(object, piece(layout, type, size, log)));
                }
            });
        } catch (LoadProblem e) {
            memory.values().forEach(this::free);
            throw e;
        }
        return memory;
    }

    /**
     * {@code percpu_modalloc}: gives a module its per-CPU variables, if it has any.
     *
     * @param log what says that there is not enough
     * @param taints told when the kernel warns of itself
     * @throws LoadProblem if there is not enough
     */
    Optional<ModuleMemory> allocatePerCpu(
            KernelObject object, ModuleLayout layout, KernelLog log, Consumer<Taint> taints) {
        return Optional.ofNullable(layout.sizes().get(MemoryType.PERCPU))
                .map(size -> kept(object, perCpu(object, layout, size, log, taints)));
    }

    private ModuleMemory kept(KernelObject object, ModuleMemory piece) {
        pieces.put(piece.base(), new Piece(object.name(), piece));
        return piece;
    }

    /** {@code module_memory_alloc}. */
    private ModuleMemory piece(ModuleLayout layout, MemoryType type, long size, KernelLog log) {
        // PAGE_ALIGN of an unsigned int
        long pages = region.roundUp(size) & 0xffff_ffffL;
        OptionalLong base = pages > limit - held || layout.contentEnd(type) > MAX_CONTENT
                ? OptionalLong.empty()
                : place(type, pages);
        if (base.isEmpty()) {
            throw noRoom(type, size, log);
        }
        held += pages;
        boolean sizeIsExact = generation.hasTwoLayouts() && !strict;
        return new ModuleMemory(
                type, base.getAsLong(), sizeIsExact ? size : pages, length(layout, type), layout.parts(type));
    }

    private static int length(ModuleLayout layout, MemoryType type) {
        long sections = layout.sectionBytes(type);
        long content = layout.contentEnd(type);
        return (int) (sections - content > MAX_ZEROS ? content : sections);
    }

    private OptionalLong place(MemoryType type, long pages) {
        if (pages == 0) {
            return OptionalLong.empty();
        }
        CodeBlockCache blocks = codeBlocksOf(type);
        if (blocks == null) {
            return search(pages, pageSize);
        }
        OptionalLong base = blocks.allocate(pages);
        unusedCode = ImmutableSortedMap.copyOf(blocks.unused(), Long::compareUnsigned);
        return base;
    }

    private @Nullable CodeBlockCache codeBlocksOf(MemoryType type) {
        return type == MemoryType.TEXT || type == MemoryType.INIT_TEXT ? codeBlocks : null;
    }

    private OptionalLong search(long size, long alignment) {
        for (AddressRange window : plan.windows()) {
            OptionalLong base = region.allocate(size, alignment, window);
            if (base.isPresent()) {
                return base;
            }
        }
        return OptionalLong.empty();
    }

    private LoadProblem noRoom(MemoryType type, long size, KernelLog log) {
        // Before 6.10, vmalloc itself says so, at length and with a stack.
        String message = generation.hasTwoLayouts() ? "" : "execmem: unable to allocate memory";
        if (!message.isEmpty()) {
            log.print(KernelLog.WARNING, message);
            if (codeBlocksOf(type) != null) {
                // tried once more, without rounding to blocks
                log.print(KernelLog.WARNING, message);
            }
        }
        return noMemory(
                message,
                "no room for " + Long.toUnsignedString(size) + " bytes of " + type.shown()
                        + " memory in the module region");
    }

    private static LoadProblem noMemory(String message, String meaning) {
        return LoadProblem.printed(List.of(new Problem(
                Problem.Kind.NO_MEMORY, Errno.ENOMEM, message, meaning, "unload modules, or make this one smaller")));
    }

    private ModuleMemory perCpu(
            KernelObject object, ModuleLayout layout, long size, KernelLog log, Consumer<Taint> taints) {
        if (!smp) {
            throw noMemory("", "the kernel has one CPU only, and the module is for several");
        }
        long alignment =
                object.allocated(KernelObject.PER_CPU).map(Section::addralign).orElse(0L);
        if (Long.compareUnsigned(alignment, pageSize) > 0) {
            log.print(KernelLog.WARNING, object.name() + ": per-cpu alignment " + alignment + " > " + pageSize);
            alignment = pageSize;
        }
        alignment = Math.max(alignment, PerCpuChunk.UNIT);
        OptionalLong base = OptionalLong.empty();
        if (perCpu.isLegal(size, alignment)) {
            base = perCpu.allocate(size, alignment);
            if (base.isEmpty()) {
                warnOfPerCpu(PerCpuChunk.roundUp(size), alignment, log);
            }
        } else {
            // WARN in pcpu_alloc, with a stack
            taints.accept(Taint.WARN);
        }
        if (base.isEmpty()) {
            String message =
                    object.name() + ": Could not allocate " + Long.toUnsignedString(size) + " bytes percpu data";
            log.print(KernelLog.WARNING, message);
            throw noMemory(message, "no room in the " + perCpu.range().size() + " bytes for per-CPU data of modules");
        }
        return new ModuleMemory(
                MemoryType.PERCPU,
                base.getAsLong(),
                size,
                (int) layout.sectionBytes(MemoryType.PERCPU),
                layout.parts(MemoryType.PERCPU));
    }

    /** What {@code pcpu_alloc} says, but for the stack behind it. */
    private void warnOfPerCpu(long size, long alignment, KernelLog log) {
        if (perCpuWarnings > 0) {
            perCpuWarnings--;
            log.print(
                    KernelLog.WARNING,
                    "percpu: allocation failed, size=" + size + " align=" + alignment
                            + " atomic=0, alloc from reserved chunk failed");
            if (perCpuWarnings == 0) {
                log.print(KernelLog.INFO, "percpu: limit reached, disable warning");
            }
        }
    }

    /** {@code module_memory_free}, {@code percpu_modfree}. */
    void free(ModuleMemory memory) {
        pieces.remove(memory.base());
        if (memory.type() == MemoryType.PERCPU) {
            perCpu.free(memory.base());
            return;
        }
        long pages = region.roundUp(memory.size());
        held -= pages;
        CodeBlockCache blocks = codeBlocksOf(memory.type());
        if (blocks == null) {
            region.free(memory.base(), pages);
        } else {
            blocks.free(memory.base(), pages);
            unusedCode = ImmutableSortedMap.copyOf(blocks.unused(), Long::compareUnsigned);
        }
    }

    /** How many bytes behind a piece of memory stay unmapped. */
    long guard(MemoryType type) {
        return type == MemoryType.PERCPU || codeBlocksOf(type) != null ? 0 : pageSize;
    }

    /** Who holds what. */
    MemoryAccounting accounting() {
        long blocks = 0;
        long unused = 0;
        if (codeBlocks != null) {
            long guards = (long) codeBlocks.count() * pageSize;
            blocks = codeBlocks.bytes() + guards;
            unused = codeBlocks.unusedBytes() + guards;
        }
        List<MemoryAccounting.Holding> holdings = pieces.values().stream()
                .map(piece -> {
                    MemoryType type = piece.memory().type();
                    long bytes = type == MemoryType.PERCPU
                            ? PerCpuChunk.roundUp(piece.memory().size())
                            : region.roundUp(piece.memory().size());
                    return new MemoryAccounting.Holding(piece.module(), type, bytes, guard(type));
                })
                .toList();
        return new MemoryAccounting(
                region.size(),
                region.size() - region.allocated(),
                region.largestHole(),
                region.holes(),
                blocks,
                unused,
                perCpu.range().size(),
                perCpu.range().size() - perCpu.allocated(),
                holdings);
    }

    /** The piece that an address may be in: the last that does not begin behind it. */
    Map.@Nullable Entry<Long, Piece> pieceAt(long address) {
        return pieces.floorEntry(address);
    }

    NavigableMap<Long, Piece> pieces() {
        return pieces;
    }

    /** Executable pages that no module uses: address to size. */
    NavigableMap<Long, Long> unusedCode() {
        return unusedCode;
    }

    AddressPlan plan() {
        return plan;
    }

    VmallocRegion region() {
        return region;
    }

    int pageSize() {
        return pageSize;
    }

    boolean strict() {
        return strict;
    }
}
