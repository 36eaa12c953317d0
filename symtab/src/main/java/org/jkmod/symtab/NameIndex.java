package org.jkmod.symtab;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Leads from a name to its id, 0 to {@code size() - 1}: a {@link NameTable} that no longer changes. What an id means, the owner of
 * the index says. Immutable but for the answers of {@link #nearest} that it remembers; safe for threads.
 *
 * <p>One thread builds it. The names of a kernel's exports take 1.3 ms, those of all its symbols 14 ms, in which the hash table is the
 * part that threads could share: 4 ms by itself, and 6 ms when two threads were made to fill it together.
 */
public final class NameIndex {
    /** {@code KSYM_NAME_LEN} of include/linux/kallsyms.h since 6.1, 128 before: no symbol has a longer name. */
    private static final int MAX_SYMBOL_LENGTH = 512;
    /** More edits than this make another name, not a misspelt one, however long it is. */
    private static final int MAX_EDITS = 8;

    /** How many answers of {@link #nearest} are remembered, and how many names one of them may have. */
    private static final int MAX_REMEMBERED = 1 << 14;

    private static final int MAX_REMEMBERED_NAMES = 8;

    private final NameTable names;
    private final Map<Misspelt, List<String>> nearest = new ConcurrentHashMap<>();

    /** A question that {@link #nearest} was asked. */
    private record Misspelt(String name, int wanted) {}

    private NameIndex(NameTable names) {
        this.names = names;
    }

    /**
     * An index with the names of a table as it is now, under the same ids.
     *
     * @param table may get more names afterwards, which the index does not see
     */
    public static NameIndex copyOf(NameTable table) {
        return new NameIndex(new NameTable(table));
    }

    /** A table with the same names and ids, to which more can be added. */
    public NameTable toTable() {
        return new NameTable(names);
    }

    /** The names. Only to be read. */
    NameTable table() {
        return names;
    }

    /** How many names there are; ids are below it. */
    public int size() {
        return names.size();
    }

    /**
     * The id of a name, or -1 if the index does not have it. Allocates nothing.
     *
     * @param bytes where the name is
     * @param offset index of its first byte
     * @param length its length in bytes
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public int find(byte[] bytes, int offset, int length) {
        return names.find(bytes, offset, length);
    }

    /**
     * The id of a name, or -1 if the index does not have it.
     *
     * @param name a character a byte; one with a character above U+00FF is in no index
     */
    public int find(String name) {
        return names.find(name);
    }

    /**
     * A name, as a new string with a character a byte.
     *
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}
     */
    public String name(int id) {
        return names.name(id);
    }

    /**
     * The length of a name in bytes.
     *
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}
     */
    public int length(int id) {
        return names.length(id);
    }

    /**
     * Copies the bytes of a name, without a NUL after them.
     *
     * @param id whose name
     * @param dest where to
     * @param at index in {@code dest} of the first byte
     * @return the length of the name in bytes
     * @throws IndexOutOfBoundsException if the id is not below {@link #size()}, or the name does not fit
     */
    public int copyName(int id, byte[] dest, int at) {
        return names.copyName(id, dest, at);
    }

    /** Tells the ids of the names that begin so, in ascending order. Looks at every name, as {@link #forEachMatch} does. */
    public void forEachWithPrefix(String prefix, IntConsumer to) {
        byte[] bytes = prefix.getBytes(StandardCharsets.ISO_8859_1);
        for (int id = 0; NameTable.isLatin1(prefix) && id < names.size(); id++) {
            if (beginsWith(id, bytes)) {
                to.accept(id);
            }
        }
    }

    /**
     * Tells the ids of the names that match a pattern, in ascending order. Looks at every name: they lie one after the other, so that
     * those of a whole kernel take some milliseconds, and an order of them would take more memory than all else here.
     */
    public void forEachMatch(Glob glob, IntConsumer to) {
        byte[] prefix = glob.prefix();
        for (int id = 0; id < names.size(); id++) {
            if (beginsWith(id, prefix) && glob.matches(names.pool(), names.start(id), names.length(id))) {
                to.accept(id);
            }
        }
    }

    private boolean beginsWith(int id, byte[] prefix) {
        int start = names.start(id);
        return names.length(id) >= prefix.length
                && Arrays.equals(names.pool(), start, start + prefix.length, prefix, 0, prefix.length);
    }

    /**
     * The names that somebody may have meant who wrote this one: those that become it by the fewest edits. An edit
     * inserts, removes or replaces one byte, or swaps two neighbours. At most a third of the name's length (but at
     * least one, and at most eight) edits are allowed. A name longer than a kernel symbol can be (512 bytes) has no
     * nearest names.
     *
     * <p>Looks at every name, a millisecond or two for the exports of a kernel, and remembers the answers: who asks for one often
     * asks again.
     *
     * @param name the name that is unknown; if it is known, it comes first
     * @param limit how many names are wanted at most
     * @return the names, fewest edits first, among equals the one with the lower id
     * @throws IllegalArgumentException if {@code limit} is negative
     */
    public List<String> nearest(String name, int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit: " + limit);
        }
        int wanted = Math.min(limit, names.size());
        if (wanted == 0 || name.length() > MAX_SYMBOL_LENGTH) {
            return List.of();
        }
        Misspelt asked = new Misspelt(name, wanted);
        List<String> known = nearest.get(asked);
        if (known == null) {
            known = findNearest(name, wanted);
            if (wanted <= MAX_REMEMBERED_NAMES && nearest.size() < MAX_REMEMBERED) {
                nearest.put(asked, known);
            }
        }
        return known;
    }

    private List<String> findNearest(String name, int wanted) {
        byte[] misspelt = name.getBytes(StandardCharsets.ISO_8859_1);
        int bound = Math.min(MAX_EDITS, Math.max(1, misspelt.length / 3));
        EditDistance distance = new EditDistance(misspelt);
        // Sorted: the number of edits above the id, so that the order of numbers is the order of the result.
        long[] best = new long[wanted];
        int count = 0;
        for (int id = 0; id < names.size() && bound >= 0; id++) {
            int edits = distance.to(names.pool(), names.start(id), names.length(id), bound);
            if (edits > bound) {
                continue;
            }
            long entry = ((long) edits << Integer.SIZE) | id;
            int at = -1 - Arrays.binarySearch(best, 0, count, entry);
            count = Math.min(count + 1, wanted);
            System.arraycopy(best, at, best, at + 1, count - 1 - at);
            best[at] = entry;
            if (count == wanted) {
                // Ids ascend: from now on only a name with fewer edits than the last one gets in.
                bound = (int) (best[count - 1] >>> Integer.SIZE) - 1;
            }
        }
        List<String> result = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            result.add(names.name((int) best[i]));
        }
        return List.copyOf(result);
    }
}
