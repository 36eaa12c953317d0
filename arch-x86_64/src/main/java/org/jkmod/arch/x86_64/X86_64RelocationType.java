package org.jkmod.arch.x86_64;

import static org.jkmod.core.Field.word;
import static org.jkmod.core.RelocationRow.Check.NONE;
import static org.jkmod.core.RelocationRow.Check.SIGNED;
import static org.jkmod.core.RelocationRow.Check.UNSIGNED;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A_MINUS_P;
import static org.jkmod.core.RelocationRow.Place.ZERO;
import static org.jkmod.core.RelocationRow.applied;
import static org.jkmod.core.RelocationRow.refused;

import org.jkmod.core.Field;
import org.jkmod.core.RelocationRow;
import org.jkmod.core.RelocationRow.Expression;
import org.jkmod.core.RelocationType;

/**
 * The relocation types of x86-64 (AMD64 psABI, table 4.9). S is the symbol's value, A the addend, P the place.
 *
 * <p>Kernel modules have no procedure linkage table and no global offset table: a call through the PLT goes straight to the function,
 * and whatever wants a GOT, TLS or a dynamic linker is refused as unknown.
 */
public enum X86_64RelocationType implements RelocationType {
    /** Value: none. Errors: none. */
    R_X86_64_NONE(applied(0, Expression.NONE, Field.NOTHING, NONE, ZERO)),
    /** Value: S + A, 64 bits. Errors: none. */
    R_X86_64_64(applied(1, S_PLUS_A, word(64), NONE, ZERO)),
    /** Value: S + A - P, 32 bits. Errors: the distance exceeds 32 bits, signed; the kernel does not look. */
    R_X86_64_PC32(applied(2, S_PLUS_A_MINUS_P, word(32), SIGNED, ZERO).withKernelCheck(NONE)),
    /** Refused. */
    R_X86_64_GOT32(refused(3, Reason.GOT)),
    /** Value: S + A - P, 32 bits: without a PLT, L is S. Errors: as {@link #R_X86_64_PC32}. */
    R_X86_64_PLT32(applied(4, S_PLUS_A_MINUS_P, word(32), SIGNED, ZERO).withKernelCheck(NONE)),
    /** Refused. */
    R_X86_64_COPY(refused(5, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_GLOB_DAT(refused(6, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_JUMP_SLOT(refused(7, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_RELATIVE(refused(8, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_GOTPCREL(refused(9, Reason.GOT)),
    /** Value: S + A, 32 bits. Errors: the address exceeds 32 bits, unsigned. */
    R_X86_64_32(applied(10, S_PLUS_A, word(32), UNSIGNED, ZERO)),
    /** Value: S + A, 32 bits. Errors: the address exceeds 32 bits, signed. */
    R_X86_64_32S(applied(11, S_PLUS_A, word(32), SIGNED, ZERO)),
    /** Refused. */
    R_X86_64_16(refused(12, Reason.NARROW)),
    /** Refused. */
    R_X86_64_PC16(refused(13, Reason.NARROW)),
    /** Refused. */
    R_X86_64_8(refused(14, Reason.NARROW)),
    /** Refused. */
    R_X86_64_PC8(refused(15, Reason.NARROW)),
    /** Refused. */
    R_X86_64_DTPMOD64(refused(16, Reason.TLS)),
    /** Refused. */
    R_X86_64_DTPOFF64(refused(17, Reason.TLS)),
    /** Refused. */
    R_X86_64_TPOFF64(refused(18, Reason.TLS)),
    /** Refused. */
    R_X86_64_TLSGD(refused(19, Reason.TLS)),
    /** Refused. */
    R_X86_64_TLSLD(refused(20, Reason.TLS)),
    /** Refused. */
    R_X86_64_DTPOFF32(refused(21, Reason.TLS)),
    /** Refused. */
    R_X86_64_GOTTPOFF(refused(22, Reason.TLS)),
    /** Refused. */
    R_X86_64_TPOFF32(refused(23, Reason.TLS)),
    /** Value: S + A - P, 64 bits. Errors: none. */
    R_X86_64_PC64(applied(24, S_PLUS_A_MINUS_P, word(64), NONE, ZERO)),
    /** Refused. */
    R_X86_64_GOTOFF64(refused(25, Reason.GOT)),
    /** Refused. */
    R_X86_64_GOTPC32(refused(26, Reason.GOT)),
    /** Refused. */
    R_X86_64_GOT64(refused(27, Reason.GOT)),
    /** Refused. */
    R_X86_64_GOTPCREL64(refused(28, Reason.GOT)),
    /** Refused. */
    R_X86_64_GOTPC64(refused(29, Reason.GOT)),
    /** Refused. */
    R_X86_64_GOTPLT64(refused(30, Reason.GOT)),
    /** Refused. */
    R_X86_64_PLTOFF64(refused(31, Reason.GOT)),
    /** Refused. */
    R_X86_64_SIZE32(refused(32, Reason.SIZE)),
    /** Refused. */
    R_X86_64_SIZE64(refused(33, Reason.SIZE)),
    /** Refused. */
    R_X86_64_GOTPC32_TLSDESC(refused(34, Reason.TLS)),
    /** Refused. */
    R_X86_64_TLSDESC_CALL(refused(35, Reason.TLS)),
    /** Refused. */
    R_X86_64_TLSDESC(refused(36, Reason.TLS)),
    /** Refused. */
    R_X86_64_IRELATIVE(refused(37, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_RELATIVE64(refused(38, Reason.DYNAMIC)),
    /** Refused. */
    R_X86_64_GOTPCRELX(refused(41, Reason.GOT)),
    /** Refused. */
    R_X86_64_REX_GOTPCRELX(refused(42, Reason.GOT)),
    /** Refused. */
    R_X86_64_CODE_4_GOTPCRELX(refused(43, Reason.GOT)),
    /** Refused. */
    R_X86_64_CODE_4_GOTTPOFF(refused(44, Reason.TLS)),
    /** Refused. */
    R_X86_64_CODE_4_GOTPC32_TLSDESC(refused(45, Reason.TLS)),
    /** Refused. */
    R_X86_64_CODE_5_GOTPCRELX(refused(46, Reason.GOT)),
    /** Refused. */
    R_X86_64_CODE_5_GOTTPOFF(refused(47, Reason.TLS)),
    /** Refused. */
    R_X86_64_CODE_5_GOTPC32_TLSDESC(refused(48, Reason.TLS)),
    /** Refused. */
    R_X86_64_CODE_6_GOTPCRELX(refused(49, Reason.GOT)),
    /** Refused. */
    R_X86_64_CODE_6_GOTTPOFF(refused(50, Reason.TLS)),
    /** Refused. */
    R_X86_64_CODE_6_GOTPC32_TLSDESC(refused(51, Reason.TLS));

    /** Why the kernel's loader has no case for a type. */
    private static final class Reason {
        static final String GOT = "kernel modules have no global offset table";
        static final String DYNAMIC = "only a dynamic linker meets it";
        static final String TLS = "the kernel has no thread-local storage";
        static final String NARROW = "no kernel address fits so few bits";
        static final String SIZE = "the kernel does not use symbol sizes";
    }

    private final RelocationRow row;

    X86_64RelocationType(RelocationRow row) {
        this.row = row;
    }

    @Override
    public RelocationRow row() {
        return row;
    }
}
