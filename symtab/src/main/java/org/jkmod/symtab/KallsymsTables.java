package org.jkmod.symtab;

import java.util.Optional;
import org.jkmod.elf.MalformedInputException;

/**
 * The tables of all symbols that a kernel carries in itself (CONFIG_KALLSYMS), as scripts/kallsyms.c writes them into {@code .rodata}.
 * Nothing points to them in an image without symbols, so they are known by their form:
 *
 * <pre>
 *             6.1                             6.12                            7.2
 * offsets     u32 a symbol                    num_syms                        num_syms
 * base        u64                             names                           names
 * num_syms    u32                             markers                         markers
 * names       length, then a token a byte     token_table                     token_table
 * markers     u32 for 256 symbols: its name   token_index                     token_index
 * seqs        3 bytes a symbol, or absent     offsets, base                   offsets, to the offset itself
 * token_table 256 strings                     seqs                            seqs
 * token_index u16 a string                    each table begins at a multiple of 8; in 7.2, of 4
 * </pre>
 *
 * <p>The first search is for {@code token_index}: 256 numbers that ascend from 0 and, in front of it, the strings that begin where the
 * numbers say. From there all the others are found by their sizes, and the markers, which must be what the names say, leave no doubt.
 *
 * <p>An offset is one of three things; that they ascend says which: from the base; as that, but absolute unless negative, and then one
 * less than the negative distance (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86 up to 6.14); or from the place where it stands.
 */
final class KallsymsTables {
    private static final int TOKENS = 256;
    private static final int INDEX_SIZE = TOKENS * Short.BYTES;
    /** Tokens are built from pairs of tokens; in practice they have less than 20 characters. */
    private static final int MAX_TOKEN = 512;

    private static final int NAMES_A_MARKER = 256;
    private static final int SEQUENCE_SIZE = 3;
    /** {@code KSYM_NAME_LEN}, and the type before it. */
    private static final int MAX_NAME = 512 + 1;

    /** A kernel has some ten thousand symbols at least; an image holds less than four million of them. */
    private static final int MIN_SYMBOLS = 256;

    private static final int MAX_SYMBOLS = 1 << 22;
    /** How far in front of the tokens the names may begin. */
    private static final int MAX_DISTANCE = 1 << 26;
    /** How many names are walked in all; a kernel's own need to be walked once. */
    private static final long MAX_WALK = 1L << 26;

    private static final int RELA_SIZE = 3 * Long.BYTES;
    private static final int R_AARCH64_RELATIVE = 1027;
    /** An image begins at a multiple of so much. */
    private static final long IMAGE_ALIGNMENT = 1L << 21;

    /** How many places are looked at that have numbers like a token_index; Debian's kernels have two at most. */
    private static final int MAX_INDEXES = 1 << 12;
    /** How many of them have strings in front, for which names are looked for. */
    private static final int MAX_TOKEN_TABLES = 16;

    private static final int MAX_ALIGNMENT = 8;
    private static final int[] ALIGNMENTS = {MAX_ALIGNMENT, 4};

    /** How offsets become addresses. */
    private enum Encoding {
        FROM_BASE,
        ABSOLUTE_UNLESS_NEGATIVE,
        FROM_PLACE
    }

    private final KernelMemory memory;
    private long walked;

    private int tokens;
    private int index;
    private int count;
    private int names;
    private int markers;
    private int alignment;
    private int numSyms;
    private boolean sequencesInFront;

    private KallsymsTables(KernelMemory memory) {
        this.memory = memory;
    }

    /**
     * Reads the symbols.
     *
     * @return empty if there are no such tables
     * @throws MalformedInputException if there are, and their content is damaged
     */
    static Optional<Kallsyms> read(KernelMemory memory) {
        KallsymsTables tables = new KallsymsTables(memory);
        return tables.find() ? Optional.of(tables.decode()) : Optional.empty();
    }

    private boolean find() {
        int indexes = 0;
        int tokenTables = 0;
        for (int at = 0; at <= memory.length() - INDEX_SIZE; at += Integer.BYTES) {
            int second = memory.s32(at);
            if ((second & 0xffff) == 0 && second > 0 && isIndex(at)) {
                boolean isTokens = findTokens(at);
                if (isTokens && findNames()) {
                    return true;
                }
                tokenTables += isTokens ? 1 : 0;
                if (++indexes == MAX_INDEXES || tokenTables == MAX_TOKEN_TABLES) {
                    return false;
                }
            }
        }
        return false;
    }

    private boolean isIndex(int at) {
        int last = 0;
        for (int token = 1; token < TOKENS; token++) {
            int next = memory.u16(at + token * Short.BYTES);
            if (next <= last || next - last > MAX_TOKEN) {
                return false;
            }
            last = next;
        }
        return true;
    }

    private boolean findTokens(int at) {
        index = at;
        int lastToken = token(TOKENS - 1);
        int nearest = (at - lastToken - 1) & -Integer.BYTES;
        for (int start = nearest; start >= 0 && start > nearest - MAX_TOKEN; start -= Integer.BYTES) {
            if (areTokens(start)) {
                tokens = start;
                return true;
            }
        }
        return false;
    }

    private boolean areTokens(int start) {
        for (int token = 0; token < TOKENS; token++) {
            int limit = token == TOKENS - 1 ? index : start + token(token + 1);
            int end = tokenEnd(start, token, limit);
            if (end >= limit || (token == TOKENS - 1 ? index - end > MAX_ALIGNMENT : end != limit - 1)) {
                return false;
            }
        }
        return true;
    }

    private int token(int number) {
        return memory.u16(index + number * Short.BYTES);
    }

    private int tokenEnd(int start, int token, int limit) {
        int at = start + token(token);
        while (at < limit && memory.u8(at) != 0) {
            at++;
        }
        return at;
    }

    private boolean findNames() {
        int lowest = Math.max(0, tokens - MAX_DISTANCE);
        for (int at = tokens - Integer.BYTES; at >= lowest; at -= Integer.BYTES) {
            int symbols = memory.s32(at);
            if (symbols < MIN_SYMBOLS || symbols > MAX_SYMBOLS) {
                continue;
            }
            for (int alignment : ALIGNMENTS) {
                if (at % alignment == 0 && fits(at, symbols, alignment)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a number is num_syms, if the tables between it and the tokens are those of a kernel of this alignment. */
    private boolean fits(int at, int symbols, int tableAlignment) {
        alignment = tableAlignment;
        numSyms = at;
        int sequences = (int) aligned((long) symbols * SEQUENCE_SIZE);
        sequencesInFront = areNames(at, symbols, tokens - sequences);
        return sequencesInFront || areNames(at, symbols, tokens);
    }

    private boolean areNames(int at, int symbols, int end) {
        int marked = (symbols + NAMES_A_MARKER - 1) / NAMES_A_MARKER;
        long firstMarker = end - aligned((long) marked * Integer.BYTES);
        int firstName = (int) aligned(at + Integer.BYTES);
        // a length and a token a name
        if (firstMarker < firstName + 2L * symbols || memory.s32((int) firstMarker) != 0) {
            return false;
        }
        int lastMarker = memory.s32((int) firstMarker + (marked - 1) * Integer.BYTES);
        if (lastMarker < 0 || lastMarker > firstMarker - firstName || walked > MAX_WALK) {
            return false;
        }
        count = symbols;
        names = firstName;
        markers = (int) firstMarker;
        return markersFit();
    }

    private boolean markersFit() {
        int at = names;
        for (int symbol = 0; symbol < count; symbol++, walked++) {
            if (symbol % NAMES_A_MARKER == 0
                    && memory.s32(markers + symbol / NAMES_A_MARKER * Integer.BYTES) != at - names) {
                return false;
            }
            int next = nameStart(at) + nameLength(at);
            if (next > markers) {
                return false;
            }
            at = next;
        }
        return aligned(at) == markers;
    }

    /** A length below 128 has one byte, others two, the low seven bits first. */
    private int nameLength(int at) {
        int length = memory.u8(at);
        return length < 0x80 ? length : (length & 0x7f) | memory.u8(at + 1) << 7;
    }

    private int nameStart(int at) {
        return memory.u8(at) < 0x80 ? at + 1 : at + 2;
    }

    private long aligned(long at) {
        return (at + alignment - 1) & -alignment;
    }

    private Kallsyms decode() {
        long[] addresses = addresses();
        byte[] types = new byte[count];
        int[] nameIds = new int[count];
        NameTable table = new NameTable();
        byte[] name = new byte[MAX_NAME];
        int at = names;
        for (int symbol = 0; symbol < count; symbol++) {
            int start = nameStart(at);
            int end = start + nameLength(at);
            int length = expand(start, end, name);
            if (length < 2) {
                throw new MalformedInputException(
                        memory.name(),
                        "kallsyms_names",
                        at,
                        "a name of " + length + " characters",
                        "a type and a name");
            }
            types[symbol] = name[0];
            nameIds[symbol] = table.intern(name, 1, length - 1);
            at = end;
        }
        return Kallsyms.of(addresses, types, table, nameIds);
    }

    private int expand(int start, int end, byte[] name) {
        int length = 0;
        for (int at = start; at < end; at++) {
            for (int from = tokens + token(memory.u8(at)); memory.u8(from) != 0; from++) {
                if (length == name.length) {
                    throw new MalformedInputException(
                            memory.name(),
                            "kallsyms_names",
                            start,
                            "a longer name",
                            "at most " + MAX_NAME + " characters");
                }
                name[length++] = memory.bytes()[from];
            }
        }
        return length;
    }

    private long[] addresses() {
        long size = aligned((long) count * Integer.BYTES);
        long inFront = numSyms - Long.BYTES - size;
        long behind = aligned(index + INDEX_SIZE);
        for (Encoding encoding : Encoding.values()) {
            for (long offsets : new long[] {inFront, behind}) {
                // sequences come last, so that behind them there is nothing
                boolean possible = offsets >= 0 && offsets + size + Long.BYTES <= memory.length();
                if (possible && !(sequencesInFront && offsets == behind)) {
                    long[] addresses = addresses((int) offsets, base((int) (offsets + size)), encoding);
                    if (ascend(addresses)) {
                        return addresses;
                    }
                }
            }
        }
        throw new MalformedInputException(
                memory.name(),
                "kallsyms_num_syms",
                numSyms,
                "no addresses that ascend",
                "an address a symbol, in their order");
    }

    /**
     * What symbols are counted from. In an Image of aarch64 it may be 0, and the address be in a relocation of {@code .rela.dyn}: where,
     * R_AARCH64_RELATIVE, what. Where that is in the file, the Image's own address says: one that leaves all relocations within.
     */
    private long base(int place) {
        long base = memory.u64(place);
        if (base != 0 || !memory.isImage()) {
            return base;
        }
        long lowest = -1;
        long highest = Long.MIN_VALUE;
        for (int at = 0; at <= memory.length() - RELA_SIZE; at += Long.BYTES) {
            if (isRelative(at)) {
                lowest = Math.min(lowest, memory.u64(at));
                highest = Math.max(highest, memory.u64(at));
            }
        }
        for (int at = 0; at <= memory.length() - RELA_SIZE; at += Long.BYTES) {
            long image = memory.u64(at) - place;
            boolean possible = image <= lowest && image > highest - memory.length() && image % IMAGE_ALIGNMENT == 0;
            if (possible && isRelative(at)) {
                return memory.u64(at + 2 * Long.BYTES);
            }
        }
        return 0;
    }

    private boolean isRelative(int at) {
        return memory.u64(at + Long.BYTES) == R_AARCH64_RELATIVE && memory.u64(at) < 0;
    }

    private long[] addresses(int offsets, long base, Encoding encoding) {
        long[] addresses = new long[count];
        for (int symbol = 0; symbol < count; symbol++) {
            int place = offsets + symbol * Integer.BYTES;
            int offset = memory.s32(place);
            addresses[symbol] = switch (encoding) {
                case FROM_BASE -> base + Integer.toUnsignedLong(offset);
                case ABSOLUTE_UNLESS_NEGATIVE -> offset >= 0 ? offset : base - 1 - offset;
                case FROM_PLACE -> memory.address(place) + offset;
            };
        }
        return addresses;
    }

    private static boolean ascend(long[] addresses) {
        for (int i = 1; i < addresses.length; i++) {
            if (Long.compareUnsigned(addresses[i - 1], addresses[i]) > 0) {
                return false;
            }
        }
        return true;
    }
}
