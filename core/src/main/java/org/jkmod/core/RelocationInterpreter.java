package org.jkmod.core;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.jkmod.core.RelocationFailure.Reason;
import org.jspecify.annotations.Nullable;

/** Applies relocations by looking at the rows: the reference for the compiled program, and what explains a failure. */
final class RelocationInterpreter implements RelocationProgram {
    /** {@code sizeof(Elf64_Rela)}. */
    static final int RELA = 24;

    private final RelocationPolicy policy;
    private final Map<Integer, RelocationRow> rows;

    RelocationInterpreter(Architecture architecture, RelocationPolicy policy) {
        this.policy = policy;
        ImmutableMap.Builder<Integer, RelocationRow> byNumber = ImmutableMap.builder();
        for (RelocationType type : architecture.relocationTypes()) {
            byNumber.put(type.row().number(), type.row());
        }
        this.rows = byNumber.buildOrThrow();
    }

    @Override
    public int apply(byte[] rela, int from, int count, long[] symbols, byte[] image, int base, int size, long address) {
        for (int i = 0; i < count; i++) {
            if (step(rela, from + i * RELA, symbols, image, base, size, address) != null) {
                return i;
            }
        }
        return count;
    }

    /** Applies one relocation, or says why not and leaves the image as it is. */
    private @Nullable Reason step(byte[] rela, int at, long[] symbols, byte[] image, int base, int size, long address) {
        long offset = LittleEndian.get64(rela, at);
        int type = (int) LittleEndian.get64(rela, at + 8);
        int symbol = (int) (LittleEndian.get64(rela, at + 8) >>> 32);
        long a = LittleEndian.get64(rela, at + 16);
        if (symbol < 0 || symbol >= symbols.length) {
            return Reason.NO_SUCH_SYMBOL;
        }
        RelocationRow row = rows.get(type);
        if (row == null || row.refusal().isPresent()) {
            return Reason.UNKNOWN_TYPE;
        }
        Field field = row.field();
        if (field.size() == 0) {
            return null;
        }
        if (offset < 0 || offset > (long) size - field.size()) {
            return Reason.PLACE_OUTSIDE_SECTION;
        }
        long s = symbols[symbol];
        long p = address + offset;
        long value = row.expression().evaluate(s, a, p);
        if (!row.check(policy).fits(value, field.valueBits())) {
            return Reason.OVERFLOW;
        }
        int place = base + (int) offset;
        long word = LittleEndian.get(image, place, field.size());
        if (row.wantsZero(policy) && word != 0) {
            return Reason.NONZERO_PLACE;
        }
        LittleEndian.put(image, place, field.size(), field.insert(word, value));
        return null;
    }

    /** Says why a relocation, at which a program stopped, cannot be applied. */
    RelocationFailure explain(
            int section,
            int index,
            byte[] rela,
            int from,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address) {
        int at = from + index * RELA;
        Reason reason = step(rela, at, symbols, image, base, size, address);
        if (reason == null) {
            throw new IllegalStateException("relocation " + index + " of section " + section + " can be applied");
        }
        long place = address + LittleEndian.get64(rela, at);
        int type = (int) LittleEndian.get64(rela, at + 8);
        int symbol = (int) (LittleEndian.get64(rela, at + 8) >>> 32);
        RelocationRow row = rows.get(type);
        long value = row != null && symbol >= 0 && symbol < symbols.length
                ? row.expression().evaluate(symbols[symbol], LittleEndian.get64(rela, at + 16), place)
                : 0;
        return new RelocationFailure(reason, section, index, type, symbol, place, value);
    }
}
