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
    private int perCpu;

    private SectionLayout(KernelObject object, KernelConfiguration kernel, Architecture architecture) {
        this.kallsymsAll = kernel.isSet("KALLSYMS_ALL", true);
        this.object = object;
        this.elf = object.elf();
        this.generation = kernel.generation();
        this.pageSize = architecture.pageSize();
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
     * @throws MalformedInputException if a section's name, size or alignment makes no sense
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
        sizes.values().removeIf(size -> size == 0);
        return new ModuleLayout(placements, elf.sectionCount(), sizes, core);
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
                case ".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names" -> {
                    if (seen.add(name)) {
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
                // struct module_layout: text_size, ro_size, ro_after_init_size and size end on pages
                sizes.put(type, align(sizeOf(type), pageSize));
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

    /** {@code module_get_offset_and_type}. */
    private void place(Section section, MemoryType type) {
        SectionChange change = changes[section.index()];
        long given = change != null ? change.alignment() : section.addralign();
        long size = change != null && change.cleared() ? change.size() : section.size();
        boolean hasContent = section.type() != SHT_NOBITS && (change == null || !change.cleared());
        long alignment = Math.max(1, given);
        if (given < 0 || Long.bitCount(alignment) != 1 || alignment > 1L << 31) {
            throw fault(section, "sh_addralign", Long.toUnsignedString(given), "a power of two up to 2^31");
        }
        long offset = align(sizeOf(type), alignment);
        if (size < 0 || size > Integer.MAX_VALUE - offset) {
            throw fault(section, "sh_size", Long.toUnsignedString(size), "a module memory of less than 2^31 bytes");
        }
        placements.add(
                new Placement(section.index(), section.name(), type, offset, size, flags[section.index()], hasContent));
        placed[section.index()] = type;
        sizes.put(type, offset + size);
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
        long symbolOffset = align(sizeOf(data), Math.max(1, symbols.section().addralign()));
        long stringOffset = symbolOffset + (long) count * elf.elfClass().symbolSize();
        long typeOffset = stringOffset + strings;
        sizes.put(data, typeOffset + count);

        place(symbols.strings().section(), initData);
        int word = elf.elfClass().addressSize();
        long end = align(sizeOf(initData), word) + (long) MOD_KALLSYMS_WORDS * word + symbols.count();
        sizes.put(initData, end);
        if (generation.hasTwoLayouts()) {
            sizes.put(data, align(sizeOf(data), pageSize));
            sizes.put(initData, align(end, pageSize));
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

    private static long align(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }
}
