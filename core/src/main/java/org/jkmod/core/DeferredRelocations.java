package org.jkmod.core;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.RelocationRow.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The relocations of a section that a {@link RelocationProgram} has left to the architecture's {@link Linkage}, with what is needed to
 * apply them. They are named by their index in the section's table.
 */
public final class DeferredRelocations implements IntConsumer {
    private final RelocationInterpreter rows;
    private final RelocationPolicy policy;
    private final int section;
    private final byte[] rela;
    private final int from;
    private final int count;
    private final long[] symbols;
    private @Nullable Map<Long, Integer> upperHalves;
    private final SectionMemory memory;
    private int[] indexes = new int[0];
    private int size;

    DeferredRelocations(
            RelocationInterpreter rows,
            RelocationPolicy policy,
            int section,
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            SectionMemory memory) {
        this.rows = rows;
        this.policy = policy;
        this.section = section;
        this.rela = rela;
        this.from = from;
        this.count = count;
        this.symbols = symbols;
        this.memory = memory;
    }

    /** Told by the program. */
    @Override
    public void accept(int index) {
        if (size == indexes.length) {
            indexes = Arrays.copyOf(indexes, Math.max(16, 2 * size));
        }
        indexes[size++] = index;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The relocations' indexes, ascending. */
    public int[] indexes() {
        return Arrays.copyOf(indexes, size);
    }

    /** Index of the section that holds the table. */
    public int section() {
        return section;
    }

    /** The section that is relocated. */
    public SectionMemory memory() {
        return memory;
    }

    /** The type's number. */
    public int type(int index) {
        return RelocationTables.type(rela, from, index);
    }

    /** How the type's value comes to its field. */
    public Kind kind(int index) {
        RelocationRow row = rows.row(type(index));
        return row == null ? Kind.WRITE : row.kind();
    }

    /** Index of the symbol. */
    public int symbol(int index) {
        return RelocationTables.symbol(rela, from, index);
    }

    /** The addend. */
    public long addend(int index) {
        return RelocationTables.addend(rela, from, index);
    }

    /** S + A. */
    public long target(int index) {
        return symbols[symbol(index)] + addend(index);
    }

    /** The place's offset in the section, in bytes. */
    public int offset(int index) {
        return (int) RelocationTables.offset(rela, from, index);
    }

    /** P: the place's address. */
    public long place(int index) {
        return memory.address() + offset(index);
    }

    /**
     * The upper half that goes with a lower half: the first at the place that the lower half's symbol names.
     *
     * @throws IllegalStateException if there is none; then the program has not deferred the lower half
     */
    public int upperHalf(int index) {
        Map<Long, Integer> known = upperHalves;
        if (known == null) {
            known = findUpperHalves();
            upperHalves = known;
        }
        Integer upper = known.get(symbols[symbol(index)] - memory.address());
        if (upper == null) {
            throw new IllegalStateException("left without its upper half");
        }
        return upper;
    }

    /** One pass over the table: a table can have millions of lower halves, and their upper half at its end. */
    private Map<Long, Integer> findUpperHalves() {
        Map<Long, Integer> found = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Kind kind = kind(i);
            if (kind == Kind.GOT || kind == Kind.UPPER_HALF) {
                found.putIfAbsent(RelocationTables.offset(rela, from, i), i);
            }
        }
        return found;
    }

    /**
     * Writes a value to a relocation's field.
     *
     * @return why it does not fit; empty if it does and is written
     */
    public Optional<RelocationFailure> write(int index, long value) {
        RelocationRow row = rows.row(type(index));
        if (row == null || !row.check(policy).fits(value, row.field().valueBits())) {
            return Optional.of(failure(index, Reason.OVERFLOW, value));
        }
        int at = memory.base() + offset(index);
        int bytes = row.field().size();
        LittleEndian.put(
                memory.image(), at, bytes, row.field().insert(LittleEndian.get(memory.image(), at, bytes), value));
        return Optional.empty();
    }

    /** Says that a relocation cannot be applied. */
    public RelocationFailure failure(int index, Reason reason, long value) {
        return new RelocationFailure(
                reason, section, index, type(index), symbol(index), place(index), value, target(index));
    }
}
