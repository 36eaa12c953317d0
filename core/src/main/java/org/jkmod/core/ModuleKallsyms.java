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
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.ModuleLayout.CoreSymbols;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * The symbols that a module keeps ({@code struct mod_kallsyms}, kernel/module/kallsyms.c): a symbol table, names and types in the
 * module's own data memory, as the kernel has them there.
 */
final class ModuleKallsyms {
    /** {@code sizeof(Elf64_Sym)}; {@code st_name} at 0, {@code st_shndx} at 6, {@code st_value} at 8. */
    private static final int SYM = 24;

    static final ModuleKallsyms EMPTY = new ModuleKallsyms(new byte[0], 0, 0, 0, 0);

    private final byte[] memory;
    private final int symbols;
    private final int strings;
    private final int types;
    private final int count;

    private ModuleKallsyms(byte[] memory, int symbols, int strings, int types, int count) {
        this.memory = memory;
        this.symbols = symbols;
        this.strings = strings;
        this.types = types;
        this.count = count;
    }

    /**
     * {@code add_kallsyms}: copies the symbols that outlive init to the end of the module's data.
     *
     * @param values the symbols' addresses by index
     */
    static ModuleKallsyms fill(KernelObject object, ModuleLayout layout, long[] values, byte[] memory) {
        CoreSymbols core = layout.coreSymbols();
        ModuleKallsyms table = new ModuleKallsyms(
                memory,
                (int) core.symbolOffset(),
                (int) core.stringOffset(),
                (int) core.typeOffset(),
                core.symbols().length);
        SymbolTable from = object.symbols();
        byte[] file = object.elf().array();
        int perCpu = object.allocated(KernelObject.PER_CPU).map(Section::index).orElse(-1);
        int name = table.strings;
        for (int i = 0; i < table.count; i++) {
            int symbol = core.symbols()[i];
            int at = table.symbols + i * SYM;
            System.arraycopy(file, from.section().start() + symbol * SYM, memory, at, SYM);
            LittleEndian.put32(memory, at, name - table.strings);
            LittleEndian.put64(memory, at + 8, values[symbol]);
            int length = from.strings().length(from.nameOffset(symbol));
            System.arraycopy(file, from.strings().start() + (int) from.nameOffset(symbol), memory, name, length);
            name += length + 1;
            memory[table.types + i] = (byte) type(object, symbol, perCpu);
        }
        return table;
    }

    /** {@code elf_type}: the letter that nm(1) would give, always lower case but for U. */
    private static char type(KernelObject object, int symbol, int perCpu) {
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
        if (section.hasFlags(SHF_EXECINSTR)) {
            return 't';
        }
        if (section.hasFlags(SHF_ALLOC) && section.type() != SHT_NOBITS) {
            return section.hasFlags(SHF_WRITE) ? 'd' : 'r';
        }
        if (section.type() == SHT_NOBITS) {
            return 'b';
        }
        return section.name().startsWith(".debug") ? 'n' : '?';
    }

    /** Number of symbols, the undefined one at 0 included. */
    int count() {
        return count;
    }

    long address(int index) {
        return LittleEndian.get64(memory, symbols + index * SYM + 8);
    }

    char type(int index) {
        return (char) memory[types + index];
    }

    String name(int index) {
        int at = nameAt(index);
        int end = at;
        while (memory[end] != 0) {
            end++;
        }
        return new String(memory, at, end - at, StandardCharsets.ISO_8859_1);
    }

    private int nameAt(int index) {
        return strings + (int) LittleEndian.get32(memory, symbols + index * SYM);
    }

    boolean hasName(int index) {
        return memory[nameAt(index)] != 0;
    }

    /** {@code is_mapping_symbol}: marks of the assembler, and local labels. */
    private boolean isMapping(int index) {
        int at = nameAt(index);
        byte first = memory[at];
        return first == '$' || (first == '.' && memory[at + 1] == 'L') || (first == 'L' && memory[at + 1] == '0');
    }

    private boolean isUndefined(int index) {
        return (LittleEndian.get32(memory, symbols + index * SYM + 4) >>> 16) == SHN_UNDEF;
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
        int best = 0;
        long bestValue = range.start() - 1;
        long nextValue = range.end();
        for (int i = 1; i < count; i++) {
            long value = address(i);
            if (isUndefined(i) || !hasName(i) || isMapping(i)) {
                continue;
            }
            if (Long.compareUnsigned(value, address) <= 0 && Long.compareUnsigned(value, bestValue) > 0) {
                best = i;
                bestValue = value;
            }
            if (Long.compareUnsigned(value, address) > 0 && Long.compareUnsigned(value, nextValue) < 0) {
                nextValue = value;
            }
        }
        if (best == 0) {
            return Optional.empty();
        }
        return Optional.of(new SymbolAt(
                name(best), bestValue, address - bestValue, nextValue - bestValue, Optional.of(module.name())));
    }
}
