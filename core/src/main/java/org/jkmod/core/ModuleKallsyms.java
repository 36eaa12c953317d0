package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_ABS;
import static org.jkmod.elf.Elf.SHN_LORESERVE;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.STB_WEAK;
import static org.jkmod.elf.Elf.STT_OBJECT;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jkmod.core.ModuleLayout.CoreSymbols;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * The symbols that a module keeps ({@code struct mod_kallsyms}, kernel/module/kallsyms.c).
 *
 * <p>The kernel has them as an {@code Elf_Sym} table, names and types in the module's own data memory, and so are they counted there.
 * Here they are packed: an address is an offset in one of the module's memories, and names follow each other, to be read in order. A
 * tree of modules can have 27 million symbols (RISC-V keeps its assembler's labels), for which a third of the bytes matters.
 */
final class ModuleKallsyms {
    private static final List<MemoryType> MEMORIES = List.of(MemoryType.values());

    static final ModuleKallsyms EMPTY = new ModuleKallsyms(0, new byte[0]);

    /** Instead of a memory: the address stands in {@link #absolute}. */
    private static final byte NOWHERE = -1;

    private final int count;
    private final int[] offset;
    /** Index in {@link #MEMORIES}. */
    private final byte[] where;

    private final byte[] type;
    private final byte[] names;
    private final long[] bases = new long[MEMORIES.size()];
    private final Map<Integer, Long> absolute = new HashMap<>();

    private ModuleKallsyms(int count, byte[] names) {
        this.count = count;
        this.offset = new int[count];
        this.where = new byte[count];
        this.type = new byte[count];
        this.names = names;
    }

    /**
     * {@code add_kallsyms}: keeps the symbols that outlive init.
     *
     * @param values the symbols' addresses by index
     * @param memory the module's memory
     */
    static ModuleKallsyms of(
            KernelObject object, ModuleLayout layout, long[] values, Map<MemoryType, ModuleMemory> memory) {
        CoreSymbols core = layout.coreSymbols();
        SymbolTable from = object.symbols();
        byte[] file = object.elf().array();
        ModuleKallsyms table =
                new ModuleKallsyms(core.symbols().length, new byte[(int) (core.typeOffset() - core.stringOffset())]);
        memory.forEach((type, piece) -> table.bases[MEMORIES.indexOf(type)] = piece.base());
        byte[] memoryOf = new byte[object.elf().sectionCount()];
        Arrays.fill(memoryOf, NOWHERE);
        for (ModuleLayout.Placement placement : layout.placements()) {
            memoryOf[placement.index()] = (byte) MEMORIES.indexOf(placement.memory());
        }
        int perCpu = object.allocated(KernelObject.PER_CPU).map(Section::index).orElse(-1);
        int name = 0;
        for (int i = 0; i < table.count; i++) {
            int symbol = core.symbols()[i];
            int section = from.rawSectionIndex(symbol);
            table.put(i, values[symbol], section < memoryOf.length ? memoryOf[section] : NOWHERE);
            table.type[i] = (byte) type(object, layout, symbol, perCpu);
            int length = from.strings().length(from.nameOffset(symbol));
            System.arraycopy(file, from.strings().start() + (int) from.nameOffset(symbol), table.names, name, length);
            name += length + 1;
        }
        return table;
    }

    private void put(int index, long value, byte memory) {
        long distance = memory == NOWHERE ? 0 : value - bases[memory];
        if (memory == NOWHERE || distance != (int) distance) {
            where[index] = NOWHERE;
            absolute.put(index, value);
        } else {
            where[index] = memory;
            offset[index] = (int) distance;
        }
    }

    /** {@code elf_type}: the letter that nm(1) would give, always lower case but for U. */
    private static char type(KernelObject object, ModuleLayout layout, int symbol, int perCpu) {
        SymbolTable symbols = object.symbols();
        int shndx = symbols.rawSectionIndex(symbol);
        if (symbols.binding(symbol) == STB_WEAK) {
            return symbols.type(symbol) == STT_OBJECT ? 'v' : 'w';
        }
        if (shndx == SHN_UNDEF) {
            return 'U';
        }
        if (shndx == SHN_ABS || shndx == perCpu) {
            return 'a';
        }
        if (shndx >= SHN_LORESERVE || shndx >= object.elf().sectionCount()) {
            return '?';
        }
        Section section = object.elf().section(shndx);
        ModuleLayout.Placement placement = layout.placementOf(shndx);
        long flags = placement == null ? section.flags() & ~SHF_ALLOC : placement.flags();
        boolean hasContent = placement == null ? section.type() != SHT_NOBITS : placement.hasContent();
        if ((flags & SHF_EXECINSTR) != 0) {
            return 't';
        }
        if ((flags & SHF_ALLOC) != 0 && hasContent) {
            return (flags & SHF_WRITE) != 0 ? 'd' : 'r';
        }
        if (!hasContent) {
            return 'b';
        }
        return section.name().startsWith(".debug") ? 'n' : '?';
    }

    /** {@code is_mapping_symbol}: marks of the assembler, and local labels. */
    static boolean isMappingSymbol(String name) {
        return name.startsWith("$") || name.startsWith(".L") || name.startsWith("L0");
    }

    /** Number of symbols, the undefined one at 0 included. */
    int count() {
        return count;
    }

    /** Goes through the symbols from the first on. */
    final class Cursor {
        private int index = -1;
        private int nameStart;
        private int nameEnd = -1;

        /** Goes to the next symbol; says whether there is one. */
        boolean next() {
            if (++index >= count) {
                return false;
            }
            nameStart = nameEnd + 1;
            nameEnd = nameStart;
            while (names[nameEnd] != 0) {
                nameEnd++;
            }
            return true;
        }

        long address() {
            return where[index] == NOWHERE
                    ? Objects.requireNonNull(absolute.get(index))
                    : bases[where[index]] + offset[index];
        }

        char type() {
            return (char) type[index];
        }

        boolean hasName() {
            return nameEnd > nameStart;
        }

        String name() {
            return new String(names, nameStart, nameEnd - nameStart, StandardCharsets.ISO_8859_1);
        }

        /** As {@link #isMappingSymbol}. */
        boolean isMapping() {
            byte first = names[nameStart];
            byte second = first == 0 ? 0 : names[nameStart + 1];
            return first == '$' || (first == '.' && second == 'L') || (first == 'L' && second == '0');
        }
    }

    /** Before the first symbol. */
    Cursor cursor() {
        return new Cursor();
    }

    /** {@code find_kallsyms_symbol}: the closest symbol at or below an address in the same memory. */
    Optional<SymbolAt> find(KernelModule module, long address) {
        for (Map.Entry<MemoryType, ModuleMemory> entry : module.memory().entrySet()) {
            AddressRange range = entry.getValue().range();
            if (entry.getKey() != MemoryType.PERCPU && range.contains(address)) {
                return find(module, address, range);
            }
        }
        return Optional.empty();
    }

    private Optional<SymbolAt> find(KernelModule module, long address, AddressRange range) {
        String best = "";
        long bestValue = range.start() - 1;
        long nextValue = range.end();
        for (Cursor symbol = cursor(); symbol.next(); ) {
            if (symbol.type() == 'U' || !symbol.hasName() || symbol.isMapping()) {
                continue;
            }
            long value = symbol.address();
            if (Long.compareUnsigned(value, address) <= 0 && Long.compareUnsigned(value, bestValue) > 0) {
                best = symbol.name();
                bestValue = value;
            }
            if (Long.compareUnsigned(value, address) > 0 && Long.compareUnsigned(value, nextValue) < 0) {
                nextValue = value;
            }
        }
        return best.isEmpty()
                ? Optional.empty()
                : Optional.of(new SymbolAt(
                        best, bestValue, address - bestValue, nextValue - bestValue, Optional.of(module.name())));
    }
}
