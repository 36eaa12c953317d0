package org.jkmod.symtab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jkmod.elf.MalformedInputException;

/**
 * Names and addresses of a whole kernel, small and fast: what a profiler or a tracer keeps in memory, and opens from a file in
 * milliseconds. Immutable.
 *
 * <p>Symbols are numbered by address, those at one address (aliases) in the order in which they were given; a number is a <em>position</em>.
 * {@link #symbolAt} leads from an address to the symbol that the kernel itself would name, {@link #find} from a name to its symbols. A
 * symbol costs less than 16 bytes, and its name less than half of its length.
 */
public final class SymbolTable {
    /** How many symbols there may be: their numbers have three bytes. */
    static final int MAX_SIZE = 1 << 24;

    private final AddressIndex addresses;
    private final byte[] types;
    private final SortedNames names;
    /** By position: the rank of the name. */
    private final Int24Array ranks;
    /** All positions, in the order of their names, those of one name in their own order. */
    private final Int24Array byName;
    /** Where symbols of another module begin, from 0 on, and of which. */
    private final int[] runs;

    private final int[] runModules;
    private final String[] modules;

    SymbolTable(
            AddressIndex addresses,
            byte[] types,
            SortedNames names,
            Int24Array ranks,
            int[] runs,
            int[] runModules,
            String[] modules) {
        this.addresses = addresses;
        this.types = types;
        this.names = names;
        this.ranks = ranks;
        this.runs = runs;
        this.runModules = runModules;
        this.modules = modules;
        byName = byName(ranks, names.size());
    }

    /** Sorts positions by their ranks: counts each rank, and puts positions where the counts say. */
    private static Int24Array byName(Int24Array ranks, int names) {
        int[] next = new int[names + 1];
        for (int position = 0; position < ranks.length(); position++) {
            next[ranks.get(position) + 1]++;
        }
        for (int rank = 0; rank < names; rank++) {
            next[rank + 1] += next[rank];
        }
        Int24Array sorted = new Int24Array(ranks.length());
        for (int position = 0; position < ranks.length(); position++) {
            sorted.set(next[ranks.get(position)]++, position);
        }
        return sorted;
    }

    /**
     * The symbols of a kernel and its modules.
     *
     * @throws IllegalArgumentException if there are 2<sup>24</sup> or more, or one has an empty name
     */
    public static SymbolTable of(Kallsyms symbols) {
        int size = symbols.size();
        if (size >= MAX_SIZE) {
            throw new IllegalArgumentException(size + " symbols, at most " + (MAX_SIZE - 1) + " fit");
        }
        AddressIndex given = symbols.addressIndex();
        NameTable table = symbols.names().table();
        int[] sorted = NameSort.sorted(table);
        int[] rankOf = new int[sorted.length];
        for (int rank = 0; rank < sorted.length; rank++) {
            rankOf[sorted[rank]] = rank;
        }
        byte[] types = new byte[size];
        Int24Array ranks = new Int24Array(size);
        NameTable moduleNames = new NameTable();
        int[] runs = new int[16];
        int[] runModules = new int[16];
        int count = 0;
        String last = "";
        for (int position = 0; position < size; position++) {
            int symbol = given.id(position);
            types[position] = (byte) symbols.type(symbol);
            ranks.set(position, rankOf[symbols.nameId(symbol)]);
            String module = symbols.module(symbol);
            if (position == 0 || !module.equals(last)) {
                if (count == runs.length) {
                    runs = Arrays.copyOf(runs, 2 * count);
                    runModules = Arrays.copyOf(runModules, 2 * count);
                }
                runs[count] = position;
                runModules[count++] = moduleNames.intern(module);
                last = module;
            }
        }
        String[] modules = new String[moduleNames.size()];
        Arrays.setAll(modules, moduleNames::name);
        return new SymbolTable(
                given.withoutIds(),
                types,
                SortedNames.of(table, sorted),
                ranks,
                Arrays.copyOf(runs, count),
                Arrays.copyOf(runModules, count),
                modules);
    }

    /**
     * Opens a saved table.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException if it is no such table, of another version, or damaged
     */
    public static SymbolTable read(Path file) throws IOException {
        return SymbolTableFile.read(file);
    }

    /** Saves the table: to another file beside it first, so that none is ever half written. */
    public void write(Path file) throws IOException {
        SymbolTableFile.write(this, file);
    }

    /** How many symbols there are; positions are below it. */
    public int size() {
        return types.length;
    }

    /**
     * The address of a symbol, unsigned.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public long address(int position) {
        return addresses.address(position);
    }

    /**
     * How far it is from a symbol to the next that is not at the same address, in bytes: what the kernel takes for its size. 0 of the last
     * ones.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public long distanceToNext(int position) {
        long address = address(position);
        int next = addresses.floor(address) + 1;
        return next < size() ? address(next) - address : 0;
    }

    /**
     * The type of a symbol, as in {@link Kallsyms#type}.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public char type(int position) {
        return (char) types[position];
    }

    /**
     * The name of a symbol.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public String name(int position) {
        return names.name(ranks.get(position));
    }

    /**
     * Copies the bytes of a symbol's name, without a NUL after them.
     *
     * @return its length in bytes
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}, or the name does not fit
     */
    public int copyName(int position, byte[] dest, int offset) {
        return names.copyName(ranks.get(position), dest, offset);
    }

    /**
     * The module that a symbol belongs to, or "" for the kernel itself.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public String module(int position) {
        Objects.checkIndex(position, size());
        int found = Arrays.binarySearch(runs, position);
        return modules[runModules[found >= 0 ? found : -found - 2]];
    }

    /** The index over all addresses; its positions are this table's, and so are its ids. */
    public AddressIndex addresses() {
        return addresses;
    }

    /**
     * The symbol at or below an address; of aliases the first, which is the one that the kernel names ({@code get_symbol_pos},
     * kernel/kallsyms.c). -1 if all are above it.
     */
    public int symbolAt(long address) {
        int position = addresses.floor(address);
        return position < 0 ? -1 : addresses.firstAlias(position);
    }

    /**
     * The first symbol of a name, or -1. Allocates nothing.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public int find(byte[] bytes, int offset, int length) {
        int rank = names.find(bytes, offset, length);
        return rank < 0 ? -1 : byName.get(firstOf(rank));
    }

    /** The first symbol of a name, or -1; a character a byte. */
    public int find(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return find(bytes, 0, bytes.length);
    }

    /**
     * The next symbol of the same name, or -1 if there is no other.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int next(int position) {
        Objects.checkIndex(position, size());
        int rank = ranks.get(position);
        int at = placeOf(rank, position + 1);
        return at < size() && ranks.get(byName.get(at)) == rank ? byName.get(at) : -1;
    }

    /** Tells the symbols whose names begin so, in the order of the names. */
    public void forEachWithPrefix(String prefix, IntConsumer to) {
        byte[] bytes = prefix.getBytes(StandardCharsets.ISO_8859_1);
        byte[] name = new byte[names.longest()];
        for (int at = firstOf(names.ceiling(bytes, 0, bytes.length)); at < size(); at++) {
            int position = byName.get(at);
            int length = copyName(position, name, 0);
            if (length < bytes.length || !Arrays.equals(name, 0, bytes.length, bytes, 0, bytes.length)) {
                return;
            }
            to.accept(position);
        }
    }

    /** The first place in {@link #byName} of a name. */
    private int firstOf(int rank) {
        return placeOf(rank, 0);
    }

    /** The first place in {@link #byName} of a name at a position or behind it, or else of the next name. */
    private int placeOf(int rank, int position) {
        int below = -1;
        int above = size();
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            int found = ranks.get(byName.get(middle));
            if (found < rank || (found == rank && byName.get(middle) < position)) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return above;
    }

    byte[] types() {
        return types;
    }

    SortedNames names() {
        return names;
    }

    Int24Array ranks() {
        return ranks;
    }

    int[] runs() {
        return runs;
    }

    int[] runModules() {
        return runModules;
    }

    String[] modules() {
        return modules;
    }
}
