package org.jkmod.arch.riscv64;

import org.jkmod.core.Field;
import org.jkmod.core.Field.Piece;

/** The immediate fields of RISC-V instructions, by their formats' names (RISC-V Unprivileged ISA, 2.3 and the chapter on "C"). */
final class RiscvField {
    /** Half of what 12 bits can express: an upper part is rounded, for the lower one is signed. */
    private static final int ROUND = 0x800;

    private RiscvField() {}

    /** U-type: LUI, AUIPC. Bits 12 to 31, rounded. */
    static final Field U_TYPE = Field.of(4, 32, new Piece(12, 20, 12, ROUND));

    /** I-type: ADDI, loads, JALR. The lower 12 bits. */
    static final Field I_TYPE = Field.of(4, 12, new Piece(0, 12, 20));

    /** S-type: stores. The lower 12 bits. */
    static final Field S_TYPE = Field.of(4, 12, new Piece(0, 5, 7), new Piece(5, 7, 25));

    /** B-type: conditional branches, of 4 KiB reach. */
    static final Field B_TYPE = Field.of(
                    4, 13, new Piece(1, 4, 8), new Piece(5, 6, 25), new Piece(11, 1, 7), new Piece(12, 1, 31))
            .aligned(2);

    /** J-type: JAL, of 1 MiB reach. */
    static final Field J_TYPE = Field.of(
                    4, 21, new Piece(1, 10, 21), new Piece(11, 1, 20), new Piece(12, 8, 12), new Piece(20, 1, 31))
            .aligned(2);

    /** CB-type: C.BEQZ, C.BNEZ, of 256 bytes reach. */
    static final Field CB_TYPE = Field.of(
                    2,
                    9,
                    new Piece(1, 2, 3),
                    new Piece(3, 2, 10),
                    new Piece(5, 1, 2),
                    new Piece(6, 2, 5),
                    new Piece(8, 1, 12))
            .aligned(2);

    /** CJ-type: C.J, of 2 KiB reach. */
    static final Field CJ_TYPE = Field.of(
                    2,
                    12,
                    new Piece(1, 3, 3),
                    new Piece(4, 1, 11),
                    new Piece(5, 1, 2),
                    new Piece(6, 1, 7),
                    new Piece(7, 1, 6),
                    new Piece(8, 2, 9),
                    new Piece(10, 1, 8),
                    new Piece(11, 1, 12))
            .aligned(2);

    /** A U-type instruction and the I-type instruction behind it: AUIPC and JALR of a call. */
    static final Field U_I_PAIR = Field.of(8, 32, new Piece(12, 20, 12, ROUND), new Piece(0, 12, 52));

    /** The lower 6 bits of a byte. */
    static final Field WORD6 = Field.of(1, 6, new Piece(0, 6, 0));
}
