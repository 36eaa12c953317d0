package org.jkmod.core;

import static org.jkmod.elf.Elf.SHN_UNDEF;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jkmod.core.ModuleLayout.Part;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.SymbolTable;
import org.jkmod.symtab.AddressIndex;

/**
 * The symbols of a module where a running kernel has it: from its file, and the addresses of its sections. Immutable.
 *
 * <p>Known are the memories of which a section is; their ends follow from the module's layout. A kernel frees the memory of {@code .init}
 * sections once the module runs, and still shows where it was: it counts only where nothing else is.
 */
public final class ModuleAddresses {
    private final String name;
    private final List<SymbolArea> core = new ArrayList<>();
    private final List<SymbolArea> init = new ArrayList<>();

    private ModuleAddresses(String name) {
        this.name = name;
    }

    /**
     * Puts a module where its sections are.
     *
     * @param sections addresses by name, as {@link SectionAddresses#of} has them
     * @throws MalformedInputException if the sections can't be those of this file: none of them is, or they lie otherwise in their memory
     *     than the kernel that the module was built for lays it out
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public static ModuleAddresses of(KernelObject object, Map<String, Long> sections) {
        return of(object, sections, KernelConfiguration.of(object.release()));
    }

    /**
     * Puts a module where its sections are.
     *
     * @param kernel what is known of the kernel, as {@link KernelAddresses#configuration} says it
     * @throws MalformedInputException as above
     * @throws IllegalArgumentException as above
     */
    public static ModuleAddresses of(KernelObject object, Map<String, Long> sections, KernelConfiguration kernel) {
        Architecture architecture = object.architecture();
        ModuleLayout layout = SectionLayout.of(object, kernel, architecture);
        int pageSize = architecture.pageSize(kernel);
        Map<MemoryType, Long> bases = bases(object, layout, sections, pageSize);
        ModuleAddresses module = new ModuleAddresses(object.name());
        Symbols symbols = new Symbols(object, layout, bases);
        bases.forEach((type, base) -> {
            long size = (layout.sizes().getOrDefault(type, 0L) + pageSize - 1) & -pageSize;
            if (type != MemoryType.PERCPU && size > 0) {
                SymbolArea area = SymbolArea.of(
                        new AddressRange(base, size),
                        object.name(),
                        symbols.index,
                        object.symbols()::name,
                        base + codeSize(layout, type, size, pageSize));
                (type.isInit() ? module.init : module.core).add(area);
            }
        });
        return module;
    }

    /** The module's name. */
    public String name() {
        return name;
    }

    /** The addresses that the module has while it runs. */
    public List<AddressRange> ranges() {
        return core.stream().map(SymbolArea::range).toList();
    }

    /** What stays while the module runs. */
    List<SymbolArea> core() {
        return core;
    }

    /** What is freed after init. */
    List<SymbolArea> init() {
        return init;
    }

    /** Where the kernel takes the last symbol to end: before Linux 6.4 the end of the code, also of data ({@code text_size}). */
    private static long codeSize(ModuleLayout layout, MemoryType type, long size, int pageSize) {
        if (type != MemoryType.CORE_LAYOUT && type != MemoryType.INIT_LAYOUT) {
            return size;
        }
        for (Part part : layout.parts(type)) {
            if (part.content() == MemoryType.TEXT || part.content() == MemoryType.INIT_TEXT) {
                return (part.end() + pageSize - 1) & -pageSize;
            }
        }
        return 0;
    }

    private static Map<MemoryType, Long> bases(
            KernelObject object, ModuleLayout layout, Map<String, Long> sections, int pageSize) {
        EnumMap<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
        EnumMap<MemoryType, String> by = new EnumMap<>(MemoryType.class);
        Set<String> seen = new HashSet<>();
        for (Placement placement : layout.placements()) {
            Long address = sections.get(placement.name());
            boolean hasMemory = placement.isAllocated() || placement.memory() == MemoryType.PERCPU;
            if (address == null || !hasMemory || !seen.add(placement.name())) {
                continue;
            }
            long base = address - placement.offset();
            Long known = bases.putIfAbsent(placement.memory(), base);
            String first = by.computeIfAbsent(placement.memory(), t -> placement.name());
            if (known != null && known != base) {
                throw misplaced(object, placement, address, hex(known + placement.offset()) + ", by " + first);
            }
            if (placement.memory() != MemoryType.PERCPU && base % pageSize != 0) {
                throw misplaced(object, placement, address, hex(placement.offset()) + " in its first page");
            }
        }
        if (bases.isEmpty()) {
            throw new MalformedInputException(
                    object.elf().name(), "sections", 0, "no address of any", "where module " + object.name() + " is");
        }
        return bases;
    }

    private static MalformedInputException misplaced(
            KernelObject object, Placement placement, long address, String expected) {
        return new MalformedInputException(
                object.elf().name(),
                "address of section " + placement.name(),
                placement.index(),
                hex(address),
                expected + ": is it another build of the module?");
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    /** The symbols that a kernel keeps of a module ({@code is_core_symbol}), and, in the memories for init, what it has until then. */
    private static final class Symbols {
        private final AddressIndex index;

        Symbols(KernelObject object, ModuleLayout layout, Map<MemoryType, Long> bases) {
            SymbolTable table = object.symbols();
            long[] addresses = new long[table.count()];
            int[] ids = new int[table.count()];
            int count = 0;
            for (int i = 1; i < ids.length; i++) {
                int section = table.rawSectionIndex(i);
                Placement placement = section == SHN_UNDEF ? null : layout.placementOf(section);
                Long base = placement == null || placement.memory() == MemoryType.PERCPU
                        ? null
                        : bases.get(placement.memory());
                String name = base == null ? "" : table.name(i);
                if (base != null && placement != null && !name.isEmpty() && !ModuleKallsyms.isMappingSymbol(name)) {
                    addresses[count] = base + placement.offset() + table.value(i);
                    ids[count++] = i;
                }
            }
            index = AddressIndex.of(Arrays.copyOf(addresses, count), Arrays.copyOf(ids, count));
        }
    }
}
