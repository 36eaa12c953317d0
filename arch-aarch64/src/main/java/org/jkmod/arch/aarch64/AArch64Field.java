package org.jkmod.arch.aarch64;

import org.jkmod.core.Field;
import org.jkmod.core.Field.Piece;

/** The immediate fields of A64 instructions, by the names of the Arm Architecture Reference Manual (C4.1, C6.2). */
final class AArch64Field {
    private AArch64Field() {}

    /** ADR: immlo in bits 29 and 30, immhi in bits 5 to 23. */
    static final Field ADR = Field.of(4, 21, new Piece(0, 2, 29), new Piece(2, 19, 5));

    /** ADRP: as ADR, counted in pages of 4 KiB. */
    static final Field ADRP = Field.of(4, 33, new Piece(12, 2, 29), new Piece(14, 19, 5));

    /** B and BL: imm26 in bits 0 to 25, counted in instructions. */
    static final Field IMM26 = Field.of(4, 28, new Piece(2, 26, 0)).aligned(4);

    /** B.cond, CBZ, CBNZ, LDR (literal): imm19 in bits 5 to 23, counted in words. */
    static final Field IMM19 = Field.of(4, 21, new Piece(2, 19, 5)).aligned(4);

    /** TBZ, TBNZ: imm14 in bits 5 to 18, counted in instructions. */
    static final Field IMM14 = Field.of(4, 16, new Piece(2, 14, 5)).aligned(4);

    /**
     * ADD (immediate), LDR and STR (unsigned offset): imm12 in bits 10 to 21, here the low 12 bits of an address, counted in operands.
     *
     * @param scale binary logarithm of the operand's size in bytes
     */
    static Field imm12(int scale) {
        return Field.of(4, 12, new Piece(scale, 12 - scale, 10))
                .aligned(1 << scale)
                .clearing(0xfffL << 10);
    }

    /**
     * MOVZ, MOVK: imm16 in bits 5 to 20, a quarter of a value.
     *
     * @param group which quarter, from 0
     */
    static Field movw(int group) {
        return Field.of(4, 16 * group + 16, new Piece(16 * group, 16, 5));
    }

    /** MOVZ that becomes MOVN for a negative value; see {@link #movw}. The sign is one more bit of the value. */
    static Field movnz(int group) {
        int bits = Math.min(64, 16 * group + 17);
        return Field.of(4, bits, new Piece(16 * group, 16, 5)).as(Field.Form.MOVZ_OR_MOVN);
    }
}
