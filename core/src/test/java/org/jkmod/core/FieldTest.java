package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.jkmod.core.Field.Piece;
import org.junit.jupiter.api.Test;

class FieldTest {
    /** The immediate of RISC-V's B-type (The RISC-V Instruction Set Manual, 2.3): imm[12|10:5] at 25, imm[4:1|11] at 7. */
    private static final Field B_TYPE =
            Field.of(4, 13, new Piece(11, 1, 7), new Piece(1, 4, 8), new Piece(5, 6, 25), new Piece(12, 1, 31));

    /** Words as GNU as made them: {@code beq a0, a1, .+distance}, which is 0x00b50063 at distance 0. */
    @Test
    void insert_ofScatteredBits_makesTheAssemblersWord() {
        long beq = 0x00b50063;
        assertThat(B_TYPE.insert(beq, 8)).isEqualTo(0x00b50463);
        assertThat(B_TYPE.insert(beq, -4)).isEqualTo(0xfeb50ee3L);
        assertThat(B_TYPE.insert(beq, 0x7fe)).isEqualTo(0x7eb50f63L);
        assertThat(B_TYPE.insert(beq, 0x800)).isEqualTo(0x00b500e3L);
        assertThat(B_TYPE.insert(beq, -4096)).isEqualTo(0x80b50063L);
        assertThat(B_TYPE.insert(0xfeb50ee3L, 0)).isEqualTo(beq);
        assertThat(B_TYPE.mask()).isEqualTo(0xfe000f80L);
        assertThat(B_TYPE.isWhole()).isFalse();
    }

    @Test
    void word_ofEachSize_isAllField() {
        assertThat(Field.word(8)).isEqualTo(Field.of(1, 8, new Piece(0, 8, 0)));
        assertThat(Field.word(32).mask()).isEqualTo(0xffffffffL);
        assertThat(Field.word(64).mask()).isEqualTo(-1);
        assertThat(Field.word(64).insert(0x1234, -2)).isEqualTo(-2);
        assertThat(Field.word(16).insert(0, 0x12345678)).isEqualTo(0x5678);
        assertThat(Field.word(32).isWhole()).isTrue();
        assertThat(Field.NOTHING.isWhole()).isFalse();
        assertThat(Field.NOTHING.mask()).isZero();
    }

    @Test
    void piece_outsideItsWordOrItsValue_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Field.of(2, 16, new Piece(0, 8, 9)));
        assertThatIllegalArgumentException().isThrownBy(() -> Field.of(4, 16, new Piece(9, 8, 0)));
        assertThatIllegalArgumentException().isThrownBy(() -> Field.of(0, 0, new Piece(0, 1, 0)));
        assertThat(Field.of(2, 16, new Piece(8, 8, 8))).isNotNull();
    }
}
