package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_RO_AFTER_INIT;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_NOBITS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jkmod.core.ModuleLayout.CoreSymbols;
import org.jkmod.core.ModuleLayout.Part;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.jspecify.annotations.Nullable;

/**
 * Lays a module out: {@code layout_sections} and {@code layout_symtab} (kernel/module/main.c, kallsyms.c).
 *
 * <p>The kernel passes over the sections once for every kind of memory, code first, and puts each section behind the ones that it
 * already has there. Sections whose name begins with {@code .init} go to memory that is freed after init. The symbol table and its
 * strings are put behind the init data, and a copy of the symbols that outlive init behind the data.
 *
 * <p>What is odd: all sizes are {@code unsigned int} ({@code struct module_memory.size}, before 6.4 {@code struct module_layout.size}), and
 * so is {@code ALIGN} of them, while {@code sh_size} has 64 bits. A memory of 4 GiB + 4 KiB is one of 4 KiB, and nobody looks; all
 * generations do the same. Nor does anybody look at {@code sh_addralign}: the formula is applied to whatever it says.
 */
final class SectionLayout {
    /** One pass: the sections that have these flags and not those go to this memory. */
    private record Pass(long flags, long without, MemoryType core, MemoryType init) {}

    private static final List<Pass> PASSES = List.of(
            new Pass(SHF_EXECINSTR | SHF_ALLOC, 0, MemoryType.TEXT, MemoryType.INIT_TEXT),
            new Pass(SHF_ALLOC, SHF_WRITE, MemoryType.RODATA, MemoryType.INIT_RODATA),
            // The kernel has no init memory that becomes read-only: such a section waits for the next pass.
            new Pass(SHF_RO_AFTER_INIT | SHF_ALLOC, 0, MemoryType.RO_AFTER_INIT, MemoryType.RO_AFTER_INIT),
            new Pass(SHF_WRITE | SHF_ALLOC, 0, MemoryType.DATA, MemoryType.INIT_DATA));

    /** {@code struct mod_kallsyms}: two pointers, a count that is padded, a pointer; put behind the init data. */
    private static final int MOD_KALLSYMS_WORDS = 4;

    private final KernelObject object;
    private final ElfFile elf;
    private final Generation generation;
    private final int pageSize;
    private final long[] flags;
    private final List<Placement> placements = new ArrayList<>();
    private final EnumMap<MemoryType, Long> sizes = new EnumMap<>(MemoryType.class);
    private final @Nullable MemoryType[] placed;
    private final boolean kallsymsAll;
    private final @Nullable SectionChange[] changes;
    private final boolean strict;
    /** Where the parts of the two layouts end that are there before the data: offsets by what the part is. */
    private final EnumMap<MemoryType, Long> partEnds = new EnumMap<>(MemoryType.class);

    private int perCpu;

    private SectionLayout(KernelObject object, KernelConfiguration kernel, Architecture architecture) {
        this.kallsymsAll = kernel.isSet("KALLSYMS_ALL", true);
        this.strict = kernel.isSet("STRICT_MODULE_RWX", true);
        this.object = object;
        this.elf = object.elf();
        this.generation = kernel.generation();
        this.pageSize = architecture.pageSize(kernel);
        this.flags = new long[elf.sectionCount()];
        this.placed = new MemoryType[elf.sectionCount()];
        this.changes = new SectionChange[elf.sectionCount()];
        for (SectionChange change : architecture.frobSections(object, kernel)) {
            changes[change.section()] = change;
        }
    }

    /**
     * Lays a module out.
     *
     * @throws MalformedInputException if a section's name makes no sense, or its content would lie behind the memory's end
     */
    static ModuleLayout of(KernelObject object, KernelConfiguration kernel, Architecture architecture) {
        return new SectionLayout(object, kernel, architecture).layout();
    }

    private ModuleLayout layout() {
        rewriteFlags();
        layoutSections(false);
        layoutSections(true);
        CoreSymbols core = layoutSymtab();
        if (perCpu > 0) {
            Section section = elf.section(perCpu);
            placements.add(new Placement(
                    perCpu,
                    section.name(),
                    MemoryType.PERCPU,
                    0,
                    section.size(),
                    section.flags(),
                    section.type() != SHT_NOBITS));
            sizes.put(MemoryType.PERCPU, section.size());
        }
        checkContents();
        List<Part> parts = parts();
        sizes.values().removeIf(size -> size == 0);
        return new ModuleLayout(placements, elf.sectionCount(), sizes, parts, core);
    }

    /** Where a sum has wrapped, the kernel would copy content behind the memory's end, and fall over whatever is there. */
    private void checkContents() {
        for (Placement placement : placements) {
            if (placement.hasContent()
                    && placement.size() != 0
                    && (placement.size() < 0 || placement.offset() + placement.size() > sizeOf(placement.memory()))) {
                throw fault(
                        elf.section(placement.index()),
                        "sh_size",
                        Long.toUnsignedString(placement.size()),
                        "content within the " + sizeOf(placement.memory()) + " bytes of its memory");
            }
        }
    }

    /** Every memory is one part, but that the two layouts have several. */
    private List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (MemoryType memory : sizes.keySet()) {
            boolean init = memory.isInit();
            if (memory != MemoryType.CORE_LAYOUT && memory != MemoryType.INIT_LAYOUT) {
                parts.add(new Part(memory, memory, 0, sizeOf(memory)));
                continue;
            }
            long start = 0;
            for (Pass pass : PASSES) {
                MemoryType content = init ? pass.init() : pass.core();
                long end = pass.core() == MemoryType.DATA ? sizeOf(memory) : partEnds.getOrDefault(content, start);
                if (end > start && !(init && content == MemoryType.RO_AFTER_INIT)) {
                    parts.add(new Part(memory, content, start, end));
                    start = end;
                }
            }
        }
        return parts;
    }

    /** What {@code rewrite_section_headers} and {@code layout_and_allocate} change in {@code sh_flags} before the layout. */
    private void rewriteFlags() {
        for (int i = 1; i < flags.length; i++) {
            // SHF_RO_AFTER_INIT is also SHF_GNU_RETAIN, which a compiler may have set: the kernel sees no difference.
            SectionChange change = changes[i];
            flags[i] = change != null && change.cleared()
                    ? change.flags()
                    : elf.section(i).flags();
        }
        object.allocated(KernelObject.PER_CPU).ifPresent(section -> perCpu = section.index());
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < flags.length; i++) {
            Section section = elf.section(i);
            if ((flags[i] & SHF_ALLOC) == 0) {
                continue;
            }
            String name = section.name();
            switch (name) {
                case ".modinfo" -> {
                    if (seen.add(name)) {
                        flags[i] &= ~SHF_ALLOC;
                    }
                }
                case SymbolVersions.SECTION, SymbolVersions.EXTENDED_CRCS, SymbolVersions.EXTENDED_NAMES -> {
                    boolean known = name.equals(SymbolVersions.SECTION) || generation.hasExtendedVersions();
                    if (known && !object.hasLoadedVersions() && seen.add(name)) {
                        flags[i] &= ~SHF_ALLOC;
                    }
                }
                default -> {
                    if (generation.roAfterInit().contains(name)
                            && (seen.add(name) || generation.marksAllRoAfterInitSections())) {
                        flags[i] |= SHF_RO_AFTER_INIT;
                    }
                }
            }
        }
        if (perCpu > 0) {
            flags[perCpu] &= ~SHF_ALLOC;
        }
    }

    private void layoutSections(boolean init) {
        for (int p = 0; p < PASSES.size(); p++) {
            Pass pass = PASSES.get(p);
            MemoryType type = memory(init ? pass.init() : pass.core(), init);
            boolean skipped = init && pass.init() == MemoryType.RO_AFTER_INIT && !generation.hasTwoLayouts();
            for (int i = 1; i < flags.length && !skipped; i++) {
                Section section = elf.section(i);
                if ((flags[i] & pass.flags()) == pass.flags()
                        && (flags[i] & pass.without()) == 0
                        && placed[i] == null
                        && init == isInit(section.name())) {
                    place(section, type);
                }
            }
            if (generation.hasTwoLayouts() && !(init && p == 2)) {
                // struct module_layout: text_size, ro_size, ro_after_init_size and size end on pages (strict_align)
                put(type, strictAlign(sizeOf(type)));
                partEnds.put(init ? pass.init() : pass.core(), sizeOf(type));
            }
        }
    }

    /** What a generation has for a memory type. */
    private MemoryType memory(MemoryType type, boolean init) {
        if (!generation.hasTwoLayouts()) {
            return type;
        }
        return init ? MemoryType.INIT_LAYOUT : MemoryType.CORE_LAYOUT;
    }

    /** {@code module_init_layout_section}. */
    private static boolean isInit(String name) {
        return name.startsWith(".init");
    }

    private long sizeOf(MemoryType type) {
        return sizes.getOrDefault(type, 0L);
    }

    /** A memory's size, of which the kernel keeps 32 bits. */
    private void put(MemoryType type, long size) {
        sizes.put(type, size & 0xffff_ffffL);
    }

    private long strictAlign(long size) {
        return strict ? align(size, pageSize) : size;
    }

    /** {@code module_get_offset_and_type}, before 6.4 {@code module_get_offset}. */
    private void place(Section section, MemoryType type) {
        SectionChange change = changes[section.index()];
        long alignment = change != null ? change.alignment() : section.addralign();
        long size = change != null && change.cleared() ? change.size() : section.size();
        boolean hasContent = section.type() != SHT_NOBITS && (change == null || !change.cleared());
        long offset = align(sizeOf(type), alignment == 0 ? 1 : alignment);
        placements.add(
                new Placement(section.index(), section.name(), type, offset, size, flags[section.index()], hasContent));
        placed[section.index()] = type;
        put(type, offset + size);
    }

    private MalformedInputException fault(Section section, String field, String found, String expected) {
        return new MalformedInputException(
                elf.name(), "section " + section.index() + " (" + section.name() + ") " + field, 0, found, expected);
    }

    private CoreSymbols layoutSymtab() {
        SymbolTable symbols = object.symbols();
        MemoryType data = memory(MemoryType.DATA, false);
        MemoryType initData = memory(MemoryType.INIT_DATA, true);
        place(symbols.section(), initData);

        boolean all = object.modinfo().first("livepatch").isPresent();
        int count = 0;
        long strings = 0;
        int[] kept = new int[symbols.count()];
        for (int i = 0; i < symbols.count(); i++) {
            if (i == 0 || all || isCore(symbols, i)) {
                strings += symbols.strings().length(symbols.nameOffset(i)) + 1L;
                kept[count++] = i;
            }
        }
        long alignment = symbols.section().addralign();
        long symbolOffset = align(sizeOf(data), alignment == 0 ? 1 : alignment);
        long stringOffset = symbolOffset + (long) count * elf.elfClass().symbolSize();
        long typeOffset = stringOffset + strings;
        put(data, typeOffset + count);

        place(symbols.strings().section(), initData);
        int word = elf.elfClass().addressSize();
        long end = align(sizeOf(initData), word) + (long) MOD_KALLSYMS_WORDS * word + symbols.count();
        put(initData, end);
        if (generation.hasTwoLayouts()) {
            put(data, strictAlign(sizeOf(data)));
            put(initData, strictAlign(sizeOf(initData)));
        }
        return new CoreSymbols(data, symbolOffset, stringOffset, typeOffset, Arrays.copyOf(kept, count));
    }

    /** {@code is_core_symbol}: whether a symbol outlives init. */
    private boolean isCore(SymbolTable symbols, int index) {
        int section = symbols.rawSectionIndex(index);
        if (section == SHN_UNDEF || section >= placed.length || symbols.nameOffset(index) == 0) {
            return false;
        }
        if (section == perCpu) {
            return kallsymsAll;
        }
        MemoryType memory = placed[section];
        return memory != null && !memory.isInit() && (kallsymsAll || (flags[section] & SHF_EXECINSTR) != 0);
    }

    /** {@code ALIGN} of an {@code unsigned int}. */
    private static long align(long value, long alignment) {
        int mask = (int) alignment - 1;
        return Integer.toUnsignedLong(((int) value + mask) & ~mask);
    }
}
