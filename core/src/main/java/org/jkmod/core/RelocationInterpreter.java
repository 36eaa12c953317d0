package org.jkmod.core;

import com.google.common.collect.ImmutableMap;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.RelocationRow.Kind;
import org.jspecify.annotations.Nullable;

/** Applies relocations by looking at the rows: the reference for the compiled program, and what explains a failure. */
final class RelocationInterpreter implements RelocationProgram {
    private final RelocationPolicy policy;
    private final Map<Integer, RelocationRow> rows;
    private final int[] accumulatedBytes;

    private record Key(Class<?> architecture, RelocationPolicy policy) {}

    private static final ConcurrentMap<Key, RelocationInterpreter> INTERPRETERS = new ConcurrentHashMap<>();

    /** The one of an architecture: it has no state, and one serves all modules. */
    static RelocationInterpreter of(Architecture architecture, RelocationPolicy policy) {
        return INTERPRETERS.computeIfAbsent(
                new Key(architecture.getClass(), policy), k -> new RelocationInterpreter(architecture, policy));
    }

    RelocationInterpreter(Architecture architecture, RelocationPolicy policy) {
        this.policy = policy;
        ImmutableMap.Builder<Integer, RelocationRow> byNumber = ImmutableMap.builder();
        for (RelocationType type : architecture.relocationTypes()) {
            byNumber.put(type.row().number(), type.row());
        }
        this.rows = byNumber.buildOrThrow();
        this.accumulatedBytes = accumulatedBytes(rows.values());
    }

    /** For {@link RelocationTables#isOrderly}. A number of variable length may have up to ten bytes. */
    private static int[] accumulatedBytes(Collection<RelocationRow> rows) {
        int[] bytes =
                new int[rows.stream().mapToInt(RelocationRow::number).max().orElse(0) + 1];
        for (RelocationRow row : rows) {
            if (row.kind().accumulates()) {
                bytes[row.number()] =
                        row.accumulatedBits() == 0 ? 10 : row.field().size();
            }
        }
        return bytes;
    }

    /** The row of a type, if the kernel's loader knows it. */
    @Nullable
    RelocationRow row(int type) {
        RelocationRow row = rows.get(type);
        return row == null || row.refusal().isPresent() ? null : row;
    }

    /** {@link RelocationTables#isOrderly}, for these rows. */
    boolean isOrderly(byte[] rela, int from, int count) {
        return RelocationTables.isOrderly(rela, from, count, accumulatedBytes);
    }

    @Override
    public int apply(
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address,
            IntConsumer deferred) {
        return resume(0, rela, from, count, symbols, image, base, size, address, deferred);
    }

    /** Goes on from a relocation, when none before it has made a value together with others. */
    int resume(
            int first,
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address,
            IntConsumer deferred) {
        Run run = new Run(rela, from, count, symbols, image, base, size, address, deferred);
        for (int i = first; i < count; i++) {
            if (run.step(i) != null) {
                return i;
            }
        }
        return run.storeAll() ? count : count - 1;
    }

    /** Says why a relocation, at which a program stopped, cannot be applied. */
    RelocationFailure explain(
            int section,
            int index,
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address) {
        Run run = new Run(rela, from, count, symbols, image, base, size, address, i -> {});
        Reason reason = run.step(index);
        long place = address + RelocationTables.offset(rela, from, index);
        RelocationRow row = rows.get(RelocationTables.type(rela, from, index));
        boolean hasSymbol = RelocationTables.hasSymbol(rela, from, index, symbols);
        long s = hasSymbol ? symbols[RelocationTables.symbol(rela, from, index)] : 0;
        long a = RelocationTables.addend(rela, from, index);
        long value = row != null && hasSymbol ? row.expression().evaluate(s, a, place) : 0;
        return new RelocationFailure(
                // What a relocation alone does not show: the number that several make does not fit into the section.
                reason == null ? Reason.PLACE_OUTSIDE_SECTION : reason,
                section,
                index,
                RelocationTables.type(rela, from, index),
                RelocationTables.symbol(rela, from, index),
                place,
                value,
                hasSymbol ? s + a : 0);
    }

    /** The values that are being made at a place. */
    private static final class Accumulated {
        private long value;
        private int bits;
    }

    /** One run over a table. */
    private final class Run {
        private final byte[] rela;
        private final int from;
        private final int count;
        private final long[] symbols;
        private final byte[] image;
        private final int base;
        private final int size;
        private final long address;
        private final IntConsumer deferred;
        private final boolean orderly;
        private final Map<Long, Accumulated> accumulated = new LinkedHashMap<>();
        private @Nullable Map<Long, Integer> upperHalves;

        Run(
                byte[] rela,
                int from,
                int count,
                long[] symbols,
                byte[] image,
                int base,
                int size,
                long address,
                IntConsumer deferred) {
            this.rela = rela;
            this.from = from;
            this.count = count;
            this.symbols = symbols;
            this.image = image;
            this.base = base;
            this.size = size;
            this.address = address;
            this.deferred = deferred;
            this.orderly = isOrderly(rela, from, count);
        }

        /** Applies one relocation, or says why not and leaves the image as it is. */
        private @Nullable Reason step(int index) {
            long offset = RelocationTables.offset(rela, from, index);
            if (!RelocationTables.hasSymbol(rela, from, index, symbols)) {
                return Reason.NO_SUCH_SYMBOL;
            }
            RelocationRow row = row(RelocationTables.type(rela, from, index));
            if (row == null) {
                return Reason.UNKNOWN_TYPE;
            }
            Field field = row.field();
            if (field.size() == 0) {
                return null;
            }
            if (offset < 0 || offset > (long) size - field.size()) {
                return Reason.PLACE_OUTSIDE_SECTION;
            }
            int place = base + (int) offset;
            long s = symbols[RelocationTables.symbol(rela, from, index)];
            long a = RelocationTables.addend(rela, from, index);
            long p = address + offset;
            if (row.kind() == Kind.GOT || (row.kind() == Kind.ADRP && isForbiddenForAdrp(p))) {
                deferred.accept(index);
                return null;
            }
            if (row.kind().accumulates()) {
                // In an orderly table nothing more comes for the places before: as in the compiled program they are
                // written now.
                if (orderly && !accumulated.containsKey(offset) && !storeAll()) {
                    return Reason.PLACE_OUTSIDE_SECTION;
                }
                accumulate(row, offset, place, s + a);
                return null;
            }
            long value = row.expression().evaluate(s, a, p);
            if (row.kind() == Kind.LOWER_HALF) {
                int upper = upperHalf(s - address);
                if (upper < 0 || !RelocationTables.hasSymbol(rela, from, upper, symbols)) {
                    return Reason.NO_UPPER_HALF;
                }
                if (kindOf(upper) == Kind.GOT) {
                    deferred.accept(index);
                    return null;
                }
                value = RelocationTables.distance(rela, from, upper, symbols, address);
            }
            if (!row.check(policy).fits(value, field.valueBits())) {
                if (row.kind() == Kind.STUB) {
                    deferred.accept(index);
                    return null;
                }
                return Reason.OVERFLOW;
            }
            if ((value & (row.alignment(policy) - 1L)) != 0) {
                return Reason.MISALIGNED;
            }
            long word = LittleEndian.get(image, place, field.size());
            if (row.wantsZero(policy) && word != 0) {
                return Reason.NONZERO_PLACE;
            }
            LittleEndian.put(image, place, field.size(), field.insert(word, value));
            return null;
        }

        private Kind kindOf(int index) {
            RelocationRow row = row(RelocationTables.type(rela, from, index));
            return row == null ? Kind.WRITE : row.kind();
        }

        /** The first relocation at an offset that has a lower half. */
        private int upperHalf(long offset) {
            Map<Long, Integer> known = upperHalves;
            if (known == null) {
                known = new HashMap<>();
                for (int i = 0; i < count; i++) {
                    Kind kind = kindOf(i);
                    if (kind == Kind.UPPER_HALF || kind == Kind.GOT) {
                        known.putIfAbsent(RelocationTables.offset(rela, from, i), i);
                    }
                }
                upperHalves = known;
            }
            return known.getOrDefault(offset, -1);
        }

        private void accumulate(RelocationRow row, long offset, int place, long value) {
            int bits = row.accumulatedBits();
            Accumulated at = accumulated.computeIfAbsent(offset, o -> {
                Accumulated first = new Accumulated();
                // The kernel begins with 0, whatever is at the place (process_accumulated_relocations).
                first.value = policy == RelocationPolicy.KERNEL ? 0 : RelocationTables.load(image, place, bits);
                return first;
            });
            long mask = bits == 0 || bits == 64 ? -1 : (1L << bits) - 1;
            long result = switch (row.kind()) {
                case SET -> value;
                case ADD -> at.value + value;
                default -> at.value - value;
            };
            at.value = (at.value & ~mask) | (result & mask);
            at.bits = bits;
        }

        private boolean storeAll() {
            boolean all = true;
            for (Map.Entry<Long, Accumulated> entry : accumulated.entrySet()) {
                int place = base + entry.getKey().intValue();
                Accumulated at = entry.getValue();
                all &= RelocationTables.store(image, place, base + size, at.bits, at.value);
            }
            accumulated.clear();
            return all;
        }
    }

    /** {@code is_forbidden_offset_for_adrp}: the last two instructions of a page of 4 KiB. */
    static boolean isForbiddenForAdrp(long place) {
        return (place & 0xff8) == 0xff8;
    }
}
