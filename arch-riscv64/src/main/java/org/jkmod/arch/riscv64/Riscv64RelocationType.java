package org.jkmod.arch.riscv64;

import static org.jkmod.arch.riscv64.RiscvField.B_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.CB_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.CJ_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.I_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.J_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.S_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.U_I_PAIR;
import static org.jkmod.arch.riscv64.RiscvField.U_TYPE;
import static org.jkmod.arch.riscv64.RiscvField.WORD6;
import static org.jkmod.core.Field.word;
import static org.jkmod.core.RelocationRow.Check.NONE;
import static org.jkmod.core.RelocationRow.Check.SIGNED;
import static org.jkmod.core.RelocationRow.Check.SIGNED_PAIR;
import static org.jkmod.core.RelocationRow.Check.UNSIGNED;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A_MINUS_P;
import static org.jkmod.core.RelocationRow.applied;
import static org.jkmod.core.RelocationRow.ignored;
import static org.jkmod.core.RelocationRow.refused;

import org.jkmod.core.Field;
import org.jkmod.core.RelocationRow;
import org.jkmod.core.RelocationRow.Kind;
import org.jkmod.core.RelocationType;

/**
 * The relocation types of RISC-V (RISC-V ELF psABI, table "Relocation types"). S is the symbol's value, A the addend, P the place, V the
 * value at the place.
 *
 * <p>Where V comes in, the kernel begins with 0 whatever the place holds, puts all relocations of the place together, and writes the
 * result once.
 */
public enum Riscv64RelocationType implements RelocationType {
    /** Refused. */
    R_RISCV_NONE(refused(0, Reason.NONE)),
    /** Value: S + A, 32 bits. Errors: the kernel refuses a value of more than 32 bits, unsigned. */
    R_RISCV_32(applied(1, S_PLUS_A, word(32), NONE).withKernelCheck(UNSIGNED)),
    /** Value: S + A, 64 bits. Errors: none. */
    R_RISCV_64(applied(2, S_PLUS_A, word(64), NONE)),
    /** Refused. */
    R_RISCV_RELATIVE(refused(3, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_COPY(refused(4, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_JUMP_SLOT(refused(5, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_DTPMOD32(refused(6, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_DTPMOD64(refused(7, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_DTPREL32(refused(8, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_DTPREL64(refused(9, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_TPREL32(refused(10, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLS_TPREL64(refused(11, Reason.DYNAMIC)),
    /** Refused. */
    R_RISCV_TLSDESC(refused(12, Reason.UNKNOWN)),
    /** Value: S + A - P, 13 bits. Errors: the distance exceeds them, signed; the kernel does not look. */
    R_RISCV_BRANCH(applied(16, S_PLUS_A_MINUS_P, B_TYPE, SIGNED).withKernelCheck(NONE)),
    /** Value: S + A - P, 21 bits. Errors: the distance exceeds them, signed; the kernel does not look. */
    R_RISCV_JAL(applied(17, S_PLUS_A_MINUS_P, J_TYPE, SIGNED).withKernelCheck(NONE)),
    /** Value: S + A - P, 32 bits in two instructions. Errors: the distance exceeds what they reach. */
    R_RISCV_CALL(applied(18, S_PLUS_A_MINUS_P, U_I_PAIR, SIGNED_PAIR)),
    /** Value: as {@link #R_RISCV_CALL}; a stub in .plt stands for a symbol out of reach. Errors: there is no room for the stub. */
    R_RISCV_CALL_PLT(applied(19, S_PLUS_A_MINUS_P, U_I_PAIR, SIGNED_PAIR).as(Kind.STUB)),
    /** Value: the distance to an entry of .got that holds S + A, upper 20 bits. Errors: there is no room for the entry. */
    R_RISCV_GOT_HI20(applied(20, S_PLUS_A_MINUS_P, U_TYPE, SIGNED_PAIR)
            .withKernelCheck(NONE)
            .as(Kind.GOT)),
    /** Refused. */
    R_RISCV_TLS_GOT_HI20(refused(21, Reason.TLS)),
    /** Refused. */
    R_RISCV_TLS_GD_HI20(refused(22, Reason.TLS)),
    /** Value: S + A - P, upper 20 bits. Errors: the distance exceeds 32 bits, signed and rounded. */
    R_RISCV_PCREL_HI20(applied(23, S_PLUS_A_MINUS_P, U_TYPE, SIGNED_PAIR).as(Kind.UPPER_HALF)),
    /** Value: the lower 12 bits of what the relocation at S has as its upper 20. Errors: there is none at S. */
    R_RISCV_PCREL_LO12_I(applied(24, S_PLUS_A_MINUS_P, I_TYPE, NONE).as(Kind.LOWER_HALF)),
    /** Value: as {@link #R_RISCV_PCREL_LO12_I}. Errors: as there. */
    R_RISCV_PCREL_LO12_S(applied(25, S_PLUS_A_MINUS_P, S_TYPE, NONE).as(Kind.LOWER_HALF)),
    /** Value: S + A, upper 20 bits. Errors: the address exceeds 32 bits, signed and rounded; the kernel does not look. */
    R_RISCV_HI20(applied(26, S_PLUS_A, U_TYPE, SIGNED_PAIR).withKernelCheck(NONE)),
    /** Value: S + A, lower 12 bits. Errors: none. */
    R_RISCV_LO12_I(applied(27, S_PLUS_A, I_TYPE, NONE)),
    /** Value: S + A, lower 12 bits. Errors: none. */
    R_RISCV_LO12_S(applied(28, S_PLUS_A, S_TYPE, NONE)),
    /** Refused. */
    R_RISCV_TPREL_HI20(refused(29, Reason.TLS)),
    /** Refused. */
    R_RISCV_TPREL_LO12_I(refused(30, Reason.TLS)),
    /** Refused. */
    R_RISCV_TPREL_LO12_S(refused(31, Reason.TLS)),
    /** Refused. */
    R_RISCV_TPREL_ADD(refused(32, Reason.TLS)),
    /** Value: V + S + A, 8 bits, V being what others of the place have made. Errors: none. */
    R_RISCV_ADD8(applied(33, S_PLUS_A, word(8), NONE).as(Kind.ADD)),
    /** Value: V + S + A, 16 bits, V being what others of the place have made. Errors: none. */
    R_RISCV_ADD16(applied(34, S_PLUS_A, word(16), NONE).as(Kind.ADD)),
    /** Value: V + S + A, 32 bits, V being what others of the place have made. Errors: none. */
    R_RISCV_ADD32(applied(35, S_PLUS_A, word(32), NONE).as(Kind.ADD)),
    /** Value: V + S + A, 64 bits, V being what others of the place have made. Errors: none. */
    R_RISCV_ADD64(applied(36, S_PLUS_A, word(64), NONE).as(Kind.ADD)),
    /** Value: V - S - A, 8 bits. Errors: none. */
    R_RISCV_SUB8(applied(37, S_PLUS_A, word(8), NONE).as(Kind.SUBTRACT)),
    /** Value: V - S - A, 16 bits. Errors: none. */
    R_RISCV_SUB16(applied(38, S_PLUS_A, word(16), NONE).as(Kind.SUBTRACT)),
    /** Value: V - S - A, 32 bits. Errors: none. */
    R_RISCV_SUB32(applied(39, S_PLUS_A, word(32), NONE).as(Kind.SUBTRACT)),
    /** Value: V - S - A, 64 bits. Errors: none. */
    R_RISCV_SUB64(applied(40, S_PLUS_A, word(64), NONE).as(Kind.SUBTRACT)),
    /** Refused. */
    R_RISCV_GOT32_PCREL(refused(41, Reason.UNKNOWN)),
    /** Refused. */
    R_RISCV_ALIGN(refused(43, Reason.ALIGN)),
    /** Value: S + A - P, 9 bits. Errors: the distance exceeds them, signed; the kernel does not look. */
    R_RISCV_RVC_BRANCH(applied(44, S_PLUS_A_MINUS_P, CB_TYPE, SIGNED).withKernelCheck(NONE)),
    /** Value: S + A - P, 12 bits. Errors: the distance exceeds them, signed; the kernel does not look. */
    R_RISCV_RVC_JUMP(applied(45, S_PLUS_A_MINUS_P, CJ_TYPE, SIGNED).withKernelCheck(NONE)),
    /** Refused. */
    R_RISCV_RVC_LUI(refused(46, Reason.UNKNOWN)),
    /** Value: none: it lets a linker shorten the instruction before. Errors: none. */
    R_RISCV_RELAX(ignored(51)),
    /** Value: V - S - A, 6 bits. Errors: none. */
    R_RISCV_SUB6(applied(52, S_PLUS_A, WORD6, NONE).as(Kind.SUBTRACT)),
    /** Value: S + A, 6 bits. Errors: none. */
    R_RISCV_SET6(applied(53, S_PLUS_A, WORD6, NONE).as(Kind.SET)),
    /** Value: S + A, 8 bits. Errors: none. */
    R_RISCV_SET8(applied(54, S_PLUS_A, word(8), NONE).as(Kind.SET)),
    /** Value: S + A, 16 bits. Errors: none. */
    R_RISCV_SET16(applied(55, S_PLUS_A, word(16), NONE).as(Kind.SET)),
    /** Value: S + A, 32 bits. Errors: none. */
    R_RISCV_SET32(applied(56, S_PLUS_A, word(32), NONE).as(Kind.SET)),
    /** Value: S + A - P, 32 bits. Errors: the distance exceeds them, signed; the kernel does not look. */
    R_RISCV_32_PCREL(applied(57, S_PLUS_A_MINUS_P, word(32), SIGNED).withKernelCheck(NONE)),
    /** Refused. */
    R_RISCV_IRELATIVE(refused(58, Reason.DYNAMIC)),
    /** Value: S + A - P, 32 bits; a stub in .plt stands for a symbol out of reach. Errors: there is no room for the stub. */
    R_RISCV_PLT32(applied(59, S_PLUS_A_MINUS_P, word(32), SIGNED)
            .withKernelCheck(SIGNED_PAIR)
            .as(Kind.STUB)),
    /** Value: S + A, as a number of variable length. Errors: it does not fit into the section. */
    R_RISCV_SET_ULEB128(applied(60, S_PLUS_A, Field.ULEB128, NONE).as(Kind.SET)),
    /** Value: V - S - A, as a number of variable length. Errors: as {@link #R_RISCV_SET_ULEB128}. */
    R_RISCV_SUB_ULEB128(applied(61, S_PLUS_A, Field.ULEB128, NONE).as(Kind.SUBTRACT)),
    /** Refused. */
    R_RISCV_TLSDESC_HI20(refused(62, Reason.UNKNOWN)),
    /** Refused. */
    R_RISCV_TLSDESC_LOAD_LO12(refused(63, Reason.UNKNOWN)),
    /** Refused. */
    R_RISCV_TLSDESC_ADD_LO12(refused(64, Reason.UNKNOWN)),
    /** Refused. */
    R_RISCV_TLSDESC_CALL(refused(65, Reason.UNKNOWN)),
    /** Refused. */
    R_RISCV_VENDOR(refused(191, Reason.UNKNOWN));

    /** Why the kernel's loader does not apply a type. */
    static final class Reason {
        static final String NONE = "the kernel's loader has no case for it, though it would have no effect";
        static final String DYNAMIC = "only a dynamic linker meets it";
        static final String TLS = "the kernel has no thread-local storage";
        static final String ALIGN = "only a linker that shortens code meets it";
        static final String UNKNOWN = "the kernel's loader does not know it";

        private Reason() {}
    }

    private final RelocationRow row;

    Riscv64RelocationType(RelocationRow row) {
        this.row = row;
    }

    @Override
    public RelocationRow row() {
        return row;
    }
}
