package org.jkmod.symtab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * Names and addresses of a whole kernel, small and fast: what a profiler or a tracer keeps in memory, and opens from a file in
 * milliseconds. Immutable.
 *
 * <p>Symbols are numbered by address, those at one address (aliases) in the order in which they were given; a number is a <em>position</em>.
 * {@link #symbolAt} leads from an address to the symbol that the kernel itself would name, {@link #find} from a name to its symbols. A
 * symbol costs less than 11 bytes, and 3 more once a name has been looked up; its name costs less than 45 % of its length.
 */
public final class SymbolTable {
    /** How many symbols there may be: their numbers have three bytes. */
    static final int MAX_SIZE = 1 << 24;

    private final AddressIndex addresses;
    private final byte[] types;
    private final SortedNames names;
    /** By position: the rank of the name. */
    private final Int24Array ranks;
    /** Made when a name is first looked up. Whoever sees none makes one: all are the same. */
    private @Nullable NamePositions byName;

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
     * Opens a saved table, some milliseconds for that of a kernel. The file may be replaced at any time, as {@link #write} does, but must
     * not be shortened while this goes on.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException if it is no such table, of another version, or damaged
     */
    public static SymbolTable read(Path file) throws IOException {
        return SymbolTableFile.read(file);
    }

    /**
     * Opens a saved table whose bytes are in memory; they are not kept.
     *
     * @param name what to call it in messages
     * @throws MalformedInputException as {@link #read}
     */
    public static SymbolTable parse(byte[] bytes, String name) {
        return SymbolTableFile.parse(bytes, name);
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
        return rank < 0 ? -1 : byName().first(rank);
    }

    /** The first symbol of a name, or -1; a character a byte, and one above U+00FF is in no name. */
    public int find(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return !NameTable.isLatin1(name) ? -1 : find(bytes, 0, bytes.length);
    }

    /**
     * The next symbol of the same name, or -1 if there is no other.
     *
     * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
     */
    public int next(int position) {
        Objects.checkIndex(position, size());
        return byName().next(position);
    }

    /** Tells the symbols whose names begin so, in the order of the names, as bytes; those of one name by address. */
    public void forEachWithPrefix(String prefix, IntConsumer to) {
        byte[] bytes = prefix.getBytes(StandardCharsets.ISO_8859_1);
        if (NameTable.isLatin1(prefix)) {
            forEach(bytes, (name, length) -> true, to);
        }
    }

    /**
     * Tells the symbols whose names match a pattern, in the same order. Reads the names that begin as the pattern does up to its first
     * {@code *}, {@code ?} or bracket.
     */
    public void forEachMatch(Glob glob, IntConsumer to) {
        forEach(glob.prefix(), (name, length) -> glob.matches(name, 0, length), to);
    }

    /** Whether a name is wanted, which is at the beginning of an array. */
    private interface Wanted {
        boolean test(byte[] name, int length);
    }

    private void forEach(byte[] prefix, Wanted wanted, IntConsumer to) {
        NamePositions positions = byName();
        SortedNames.Cursor cursor = names.from(names.ceiling(prefix, 0, prefix.length));
        while (cursor.next()) {
            byte[] name = cursor.name();
            int length = cursor.length();
            if (length < prefix.length || !Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length)) {
                return;
            }
            if (wanted.test(name, length)) {
                for (int position = positions.first(cursor.rank());
                        position >= 0;
                        position = positions.next(position)) {
                    to.accept(position);
                }
            }
        }
    }

    byte[] types() {
        return types;
    }

    SortedNames names() {
        return names;
    }

    private NamePositions byName() {
        NamePositions positions = byName;
        if (positions == null) {
            positions = NamePositions.of(ranks, names.size());
            byName = positions;
        }
        return positions;
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
