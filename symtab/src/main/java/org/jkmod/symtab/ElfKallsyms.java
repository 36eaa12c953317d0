package org.jkmod.symtab;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * What /proc/kallsyms would show of a vmlinux that has {@code .symtab}, but no tables of kallsyms. A kernel's build makes those from what
 * nm(1) prints; so the letter of a symbol is nm's, the first that applies:
 *
 * <pre>
 * i      STT_GNU_IFUNC
 * V, W   STB_WEAK: an object, anything else
 * t      in a section with SHF_EXECINSTR          upper case if STB_GLOBAL
 * b      in one of SHT_NOBITS
 * d, r   in another: with SHF_WRITE, without
 * </pre>
 *
 * <p>What nm does not print without being asked, and what scripts/mksysmap and scripts/kallsyms.c leave out, is left out: undefined,
 * common, absolute and unique symbols, sections and files, what is in sections without SHF_ALLOC, marks of the assembler, CRCs and the
 * strings of exports, names that are too long for the kernel. Symbols of per-CPU variables that are linked at 0 have the letter A.
 *
 * <p>Aliases are in the order of {@code compare_symbols()} in scripts/kallsyms.c, so that the first is the one that the kernel names: weak
 * ones later, then those that the linker's script may have provided, then those with more underscores in front, then by name, as from nm.
 */
final class ElfKallsyms {
    private static final int STB_GNU_UNIQUE = 10;
    private static final int STT_GNU_IFUNC = 10;
    /** {@code KSYM_NAME_LEN}, with the NUL. */
    private static final int MAX_NAME = 512;

    private static final List<byte[]> DROPPED = bytes(
            "$",
            ".L",
            "__efistub_",
            "__pi_$",
            "__pi_.L",
            "__kvm_nvhe_$",
            "__kvm_nvhe_.L",
            "__kcfi_typeid_",
            "__kvm_nvhe___kcfi_typeid_",
            "__pi___kcfi_typeid_",
            "__crc_",
            "__kstrtab_",
            "__kstrtabns_");
    private static final byte[] LABEL = {'L', '0'};

    private static final int SHORTEST_PROVIDED = 8;
    private static final List<byte[]> PROVIDED_STARTS = bytes("__start_", "__stop_", "__end_");
    private static final List<byte[]> PROVIDED_ENDS = bytes("_start", "_end");

    private final ElfFile elf;
    private final SymbolTable symbols;
    private final byte[] bytes;
    private final int strings;
    private final int stringsEnd;

    private final NameTable names = new NameTable();
    private final long[] addresses;
    private final byte[] types;
    private final int[] nameIds;
    private int size;

    private ElfKallsyms(ElfFile elf, SymbolTable symbols) {
        this.elf = elf;
        this.symbols = symbols;
        bytes = elf.array();
        Section section = elf.section(symbols.section().link());
        strings = section.start();
        stringsEnd = strings + (section.isEmptyInFile() ? 0 : (int) section.size());
        addresses = new long[symbols.count()];
        types = new byte[symbols.count()];
        nameIds = new int[symbols.count()];
    }

    /**
     * Reads the symbols.
     *
     * @return empty if the file has no table of symbols, or none in it that kallsyms would have
     * @throws MalformedInputException if it is damaged
     */
    static Optional<Kallsyms> read(ElfFile elf) {
        return elf.symbols().map(symbols -> new ElfKallsyms(elf, symbols)).flatMap(ElfKallsyms::read);
    }

    private Optional<Kallsyms> read() {
        byte[] letters = new byte[elf.sectionCount()];
        for (Section section : elf.sections()) {
            letters[section.index()] = letter(section);
        }
        for (int symbol = 1; symbol < symbols.count(); symbol++) {
            byte type = type(symbol, letters);
            if (type != 0) {
                add(symbol, type);
            }
        }
        return size == 0 ? Optional.empty() : Optional.of(sorted());
    }

    private static byte letter(Section section) {
        if (!section.hasFlags(Elf.SHF_ALLOC)) {
            return 0;
        }
        if (section.address() == 0 && section.hasName(".data..percpu")) {
            return 'A';
        }
        if (section.hasFlags(Elf.SHF_EXECINSTR)) {
            return 't';
        }
        if (section.type() == Elf.SHT_NOBITS) {
            return 'b';
        }
        return (byte) (section.hasFlags(Elf.SHF_WRITE) ? 'd' : 'r');
    }

    /** The letter of a symbol; 0 if it is left out. */
    private byte type(int symbol, byte[] letters) {
        int section = symbols.sectionIndex(symbol);
        int type = symbols.type(symbol);
        int binding = symbols.binding(symbol);
        boolean reserved = !symbols.isExtended(symbol) && section >= Elf.SHN_LORESERVE;
        if (section == Elf.SHN_UNDEF || type == Elf.STT_SECTION || type == Elf.STT_FILE) {
            return 0;
        }
        if (!reserved && (section < 0 || section >= letters.length)) {
            throw new MalformedInputException(
                    elf.name(),
                    "symbol " + symbol + " st_shndx",
                    symbols.section().offset(),
                    "section " + section,
                    "one of " + letters.length);
        }
        byte letter = reserved ? 0 : letters[section];
        if (letter == 'A' || (reserved && section == Elf.SHN_COMMON)) {
            return letter;
        }
        if (type == STT_GNU_IFUNC) {
            return 'i';
        }
        if (binding == Elf.STB_WEAK) {
            return (byte) (type == Elf.STT_OBJECT ? 'V' : 'W');
        }
        if (letter == 0 || binding == STB_GNU_UNIQUE) {
            return 0;
        }
        return binding == Elf.STB_GLOBAL ? (byte) Character.toUpperCase(letter) : letter;
    }

    private void add(int symbol, byte type) {
        long offset = symbols.nameOffset(symbol);
        long most = Math.min(MAX_NAME, stringsEnd - strings - offset);
        int start = strings + (int) Math.min(offset, stringsEnd - strings);
        int length = most <= 0 ? -1 : NameTable.nulTerminatedLength(bytes, start, start + (int) most);
        if (length < 0 && most < MAX_NAME) {
            throw new MalformedInputException(
                    elf.name(),
                    "symbol " + symbol + " st_name",
                    symbols.section().offset(),
                    "no string at " + offset,
                    "a string of its table");
        }
        if (length > 0 && !isDropped(start, length)) {
            addresses[size] = symbols.value(symbol);
            types[size] = type;
            nameIds[size++] = names.intern(bytes, start, length);
        }
    }

    private boolean isDropped(int start, int length) {
        return DROPPED.stream().anyMatch(prefix -> begins(bytes, start, length, prefix))
                || Arrays.equals(bytes, start, start + length, LABEL, 0, LABEL.length);
    }

    private static boolean begins(byte[] bytes, int start, int length, byte[] prefix) {
        return length >= prefix.length && Arrays.equals(bytes, start, start + prefix.length, prefix, 0, prefix.length);
    }

    private Kallsyms sorted() {
        int[] orders = new int[names.size()];
        for (int id = 0; id < orders.length; id++) {
            orders[id] = order(names.pool(), names.start(id), names.length(id));
        }
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.<Integer>comparingLong(i -> addresses[i] ^ Long.MIN_VALUE)
                        .thenComparingInt(i -> types[i] == 'w' || types[i] == 'W' ? 1 : 0)
                        .thenComparingInt(i -> orders[nameIds[i]])
                        .thenComparing((a, b) -> compareNames(nameIds[a], nameIds[b])))
                .mapToInt(i -> i)
                .toArray();
        long[] sortedAddresses = new long[size];
        byte[] sortedTypes = new byte[size];
        int[] sortedNames = new int[size];
        for (int i = 0; i < size; i++) {
            sortedAddresses[i] = addresses[order[i]];
            sortedTypes[i] = types[order[i]];
            sortedNames[i] = nameIds[order[i]];
        }
        return Kallsyms.of(sortedAddresses, sortedTypes, names, sortedNames);
    }

    /** How far back a name's looks put it among aliases: whether the linker's script may have provided it, and its underscores. */
    static int order(byte[] bytes, int start, int length) {
        int underscores = 0;
        while (underscores < length && bytes[start + underscores] == '_') {
            underscores++;
        }
        boolean provided = length >= SHORTEST_PROVIDED
                && underscores >= 2
                && (PROVIDED_STARTS.stream().anyMatch(word -> begins(bytes, start, length, word))
                        || PROVIDED_ENDS.stream()
                                .anyMatch(word -> begins(bytes, start + length - word.length, word.length, word)));
        return underscores + (provided ? MAX_NAME : 0);
    }

    private int compareNames(int a, int b) {
        byte[] pool = names.pool();
        return Arrays.compareUnsigned(
                pool,
                names.start(a),
                names.start(a) + names.length(a),
                pool,
                names.start(b),
                names.start(b) + names.length(b));
    }

    private static List<byte[]> bytes(String... words) {
        return Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.US_ASCII))
                .toList();
    }
}
