package org.jkmod.arch.aarch64;

import static org.jkmod.arch.aarch64.AArch64Field.ADR;
import static org.jkmod.arch.aarch64.AArch64Field.ADRP;
import static org.jkmod.arch.aarch64.AArch64Field.IMM14;
import static org.jkmod.arch.aarch64.AArch64Field.IMM19;
import static org.jkmod.arch.aarch64.AArch64Field.IMM26;
import static org.jkmod.arch.aarch64.AArch64Field.imm12;
import static org.jkmod.arch.aarch64.AArch64Field.movnz;
import static org.jkmod.arch.aarch64.AArch64Field.movw;
import static org.jkmod.core.Field.word;
import static org.jkmod.core.RelocationRow.Check.NONE;
import static org.jkmod.core.RelocationRow.Check.SIGNED;
import static org.jkmod.core.RelocationRow.Check.SIGNED_OR_UNSIGNED;
import static org.jkmod.core.RelocationRow.Check.UNSIGNED;
import static org.jkmod.core.RelocationRow.Expression.PAGE_DELTA;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A;
import static org.jkmod.core.RelocationRow.Expression.S_PLUS_A_MINUS_P;
import static org.jkmod.core.RelocationRow.applied;
import static org.jkmod.core.RelocationRow.ignored;
import static org.jkmod.core.RelocationRow.refused;

import org.jkmod.core.RelocationRow;
import org.jkmod.core.RelocationRow.Kind;
import org.jkmod.core.RelocationType;

/**
 * The relocation types of AArch64 (AAELF64, section 5.7). S is the symbol's value, A the addend, P the place; Page(x) is x without its
 * low 12 bits.
 *
 * <p>{@code _NC} means: not checked. Kernel modules have no global offset table, so that whatever wants one is refused, as TLS is.
 */
public enum AArch64RelocationType implements RelocationType {
    /** Value: none. Errors: none. */
    R_AARCH64_NONE(ignored(0)),
    /** Value: none: an older number of {@link #R_AARCH64_NONE}, by whose name the kernel calls it. Errors: none. */
    R_AARCH64_NULL(ignored(256)),
    /** Value: S + A, 64 bits. Errors: none. */
    R_AARCH64_ABS64(applied(257, S_PLUS_A, word(64), NONE)),
    /** Value: S + A, 32 bits. Errors: the value exceeds 32 bits, signed or unsigned; the kernel takes it for unsigned. */
    R_AARCH64_ABS32(applied(258, S_PLUS_A, word(32), SIGNED_OR_UNSIGNED).withKernelCheck(UNSIGNED)),
    /** Value: S + A, 16 bits. Errors: the value exceeds 16 bits, signed or unsigned; the kernel takes it for unsigned. */
    R_AARCH64_ABS16(applied(259, S_PLUS_A, word(16), SIGNED_OR_UNSIGNED).withKernelCheck(UNSIGNED)),
    /** Value: S + A - P, 64 bits. Errors: none. */
    R_AARCH64_PREL64(applied(260, S_PLUS_A_MINUS_P, word(64), NONE)),
    /** Value: S + A - P, 32 bits. Errors: the value exceeds 32 bits, signed or unsigned; the kernel takes it for signed. */
    R_AARCH64_PREL32(
            applied(261, S_PLUS_A_MINUS_P, word(32), SIGNED_OR_UNSIGNED).withKernelCheck(SIGNED)),
    /** Value: S + A - P, 16 bits. Errors: the value exceeds 16 bits, signed or unsigned; the kernel takes it for signed. */
    R_AARCH64_PREL16(
            applied(262, S_PLUS_A_MINUS_P, word(16), SIGNED_OR_UNSIGNED).withKernelCheck(SIGNED)),
    /** Value: S + A, bits 0 to 15. Errors: the value is not below 2^16. */
    R_AARCH64_MOVW_UABS_G0(applied(263, S_PLUS_A, movw(0), UNSIGNED)),
    /** Value: S + A, bits 0 to 15. Errors: none. */
    R_AARCH64_MOVW_UABS_G0_NC(applied(264, S_PLUS_A, movw(0), NONE)),
    /** Value: S + A, bits 16 to 31. Errors: the value is not below 2^32. */
    R_AARCH64_MOVW_UABS_G1(applied(265, S_PLUS_A, movw(1), UNSIGNED)),
    /** Value: S + A, bits 16 to 31. Errors: none. */
    R_AARCH64_MOVW_UABS_G1_NC(applied(266, S_PLUS_A, movw(1), NONE)),
    /** Value: S + A, bits 32 to 47. Errors: the value is not below 2^48. */
    R_AARCH64_MOVW_UABS_G2(applied(267, S_PLUS_A, movw(2), UNSIGNED)),
    /** Value: S + A, bits 32 to 47. Errors: none. */
    R_AARCH64_MOVW_UABS_G2_NC(applied(268, S_PLUS_A, movw(2), NONE)),
    /** Value: S + A, bits 48 to 63. Errors: none. */
    R_AARCH64_MOVW_UABS_G3(applied(269, S_PLUS_A, movw(3), NONE)),
    /** Value: S + A, bits 0 to 15, by MOVN if it is negative. Errors: the value exceeds 17 bits, signed. */
    R_AARCH64_MOVW_SABS_G0(applied(270, S_PLUS_A, movnz(0), SIGNED)),
    /** Value: S + A, bits 16 to 31, by MOVN if it is negative. Errors: the value exceeds 33 bits, signed. */
    R_AARCH64_MOVW_SABS_G1(applied(271, S_PLUS_A, movnz(1), SIGNED)),
    /** Value: S + A, bits 32 to 47, by MOVN if it is negative. Errors: the value exceeds 49 bits, signed. */
    R_AARCH64_MOVW_SABS_G2(applied(272, S_PLUS_A, movnz(2), SIGNED)),
    /** Value: S + A - P, bits 2 to 20. Errors: the distance exceeds 21 bits, signed. */
    R_AARCH64_LD_PREL_LO19(applied(273, S_PLUS_A_MINUS_P, IMM19, SIGNED)),
    /** Value: S + A - P, 21 bits. Errors: the distance exceeds 21 bits, signed. */
    R_AARCH64_ADR_PREL_LO21(applied(274, S_PLUS_A_MINUS_P, ADR, SIGNED)),
    /** Value: Page(S + A) - Page(P), bits 12 to 32. Errors: the distance exceeds 33 bits, signed. */
    R_AARCH64_ADR_PREL_PG_HI21(applied(275, PAGE_DELTA, ADRP, SIGNED).as(Kind.ADRP)),
    /** Value: Page(S + A) - Page(P), bits 12 to 32. Errors: none. */
    R_AARCH64_ADR_PREL_PG_HI21_NC(applied(276, PAGE_DELTA, ADRP, NONE).as(Kind.ADRP)),
    /** Value: S + A, bits 0 to 11. Errors: none. */
    R_AARCH64_ADD_ABS_LO12_NC(applied(277, S_PLUS_A, imm12(0), NONE)),
    /** Value: S + A, bits 0 to 11. Errors: none. */
    R_AARCH64_LDST8_ABS_LO12_NC(applied(278, S_PLUS_A, imm12(0), NONE)),
    /** Value: S + A - P, bits 2 to 15. Errors: the distance exceeds 16 bits, signed. */
    R_AARCH64_TSTBR14(applied(279, S_PLUS_A_MINUS_P, IMM14, SIGNED)),
    /** Value: S + A - P, bits 2 to 20. Errors: the distance exceeds 21 bits, signed. */
    R_AARCH64_CONDBR19(applied(280, S_PLUS_A_MINUS_P, IMM19, SIGNED)),
    /** Value: S + A - P, bits 2 to 27; a stub in .plt stands for a symbol out of reach. Errors: there is no room for the stub. */
    R_AARCH64_JUMP26(applied(282, S_PLUS_A_MINUS_P, IMM26, SIGNED).as(Kind.STUB)),
    /** Value: as {@link #R_AARCH64_JUMP26}. Errors: as there. */
    R_AARCH64_CALL26(applied(283, S_PLUS_A_MINUS_P, IMM26, SIGNED).as(Kind.STUB)),
    /** Value: S + A, bits 1 to 11. Errors: none; AAELF64 wants a multiple of 2. */
    R_AARCH64_LDST16_ABS_LO12_NC(applied(284, S_PLUS_A, imm12(1), NONE)),
    /** Value: S + A, bits 2 to 11. Errors: none; AAELF64 wants a multiple of 4. */
    R_AARCH64_LDST32_ABS_LO12_NC(applied(285, S_PLUS_A, imm12(2), NONE)),
    /** Value: S + A, bits 3 to 11. Errors: none; AAELF64 wants a multiple of 8. */
    R_AARCH64_LDST64_ABS_LO12_NC(applied(286, S_PLUS_A, imm12(3), NONE)),
    /** Value: S + A - P, bits 0 to 15, by MOVN if it is negative. Errors: the distance exceeds 17 bits, signed. */
    R_AARCH64_MOVW_PREL_G0(applied(287, S_PLUS_A_MINUS_P, movnz(0), SIGNED)),
    /** Value: S + A - P, bits 0 to 15. Errors: none. */
    R_AARCH64_MOVW_PREL_G0_NC(applied(288, S_PLUS_A_MINUS_P, movw(0), NONE)),
    /** Value: S + A - P, bits 16 to 31, by MOVN if it is negative. Errors: the distance exceeds 33 bits, signed. */
    R_AARCH64_MOVW_PREL_G1(applied(289, S_PLUS_A_MINUS_P, movnz(1), SIGNED)),
    /** Value: S + A - P, bits 16 to 31. Errors: none. */
    R_AARCH64_MOVW_PREL_G1_NC(applied(290, S_PLUS_A_MINUS_P, movw(1), NONE)),
    /** Value: S + A - P, bits 32 to 47, by MOVN if it is negative. Errors: the distance exceeds 49 bits, signed. */
    R_AARCH64_MOVW_PREL_G2(applied(291, S_PLUS_A_MINUS_P, movnz(2), SIGNED)),
    /** Value: S + A - P, bits 32 to 47. Errors: none. */
    R_AARCH64_MOVW_PREL_G2_NC(applied(292, S_PLUS_A_MINUS_P, movw(2), NONE)),
    /** Value: S + A - P, bits 48 to 63, by MOVN if it is negative. Errors: none. */
    R_AARCH64_MOVW_PREL_G3(applied(293, S_PLUS_A_MINUS_P, movnz(3), NONE)),
    /** Value: S + A, bits 4 to 11. Errors: none; AAELF64 wants a multiple of 16. */
    R_AARCH64_LDST128_ABS_LO12_NC(applied(299, S_PLUS_A, imm12(4), NONE)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G0(refused(300, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G0_NC(refused(301, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G1(refused(302, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G1_NC(refused(303, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G2(refused(304, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G2_NC(refused(305, Reason.GOT)),
    /** Refused. */
    R_AARCH64_MOVW_GOTOFF_G3(refused(306, Reason.GOT)),
    /** Refused. */
    R_AARCH64_GOTREL64(refused(307, Reason.GOT)),
    /** Refused. */
    R_AARCH64_GOTREL32(refused(308, Reason.GOT)),
    /** Refused. */
    R_AARCH64_GOT_LD_PREL19(refused(309, Reason.GOT)),
    /** Refused. */
    R_AARCH64_LD64_GOTOFF_LO15(refused(310, Reason.GOT)),
    /** Refused. */
    R_AARCH64_ADR_GOT_PAGE(refused(311, Reason.GOT)),
    /** Refused. */
    R_AARCH64_LD64_GOT_LO12_NC(refused(312, Reason.GOT)),
    /** Refused. */
    R_AARCH64_LD64_GOTPAGE_LO15(refused(313, Reason.GOT)),
    /** Refused. */
    R_AARCH64_PLT32(refused(314, Reason.LATER)),
    /** Refused. */
    R_AARCH64_GOTPCREL32(refused(315, Reason.GOT)),
    /** Refused. */
    R_AARCH64_TLSGD_ADR_PREL21(refused(512, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSGD_ADR_PAGE21(refused(513, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSGD_ADD_LO12_NC(refused(514, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSGD_MOVW_G1(refused(515, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSGD_MOVW_G0_NC(refused(516, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADR_PREL21(refused(517, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADR_PAGE21(refused(518, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADD_LO12_NC(refused(519, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_G1(refused(520, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_G0_NC(refused(521, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LD_PREL19(refused(522, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_DTPREL_G2(refused(523, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_DTPREL_G1(refused(524, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_DTPREL_G1_NC(refused(525, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_DTPREL_G0(refused(526, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_MOVW_DTPREL_G0_NC(refused(527, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADD_DTPREL_HI12(refused(528, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADD_DTPREL_LO12(refused(529, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_ADD_DTPREL_LO12_NC(refused(530, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST8_DTPREL_LO12(refused(531, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST8_DTPREL_LO12_NC(refused(532, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST16_DTPREL_LO12(refused(533, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST16_DTPREL_LO12_NC(refused(534, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST32_DTPREL_LO12(refused(535, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST32_DTPREL_LO12_NC(refused(536, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST64_DTPREL_LO12(refused(537, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST64_DTPREL_LO12_NC(refused(538, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSIE_MOVW_GOTTPREL_G1(refused(539, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSIE_MOVW_GOTTPREL_G0_NC(refused(540, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21(refused(541, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC(refused(542, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSIE_LD_GOTTPREL_PREL19(refused(543, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_MOVW_TPREL_G2(refused(544, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_MOVW_TPREL_G1(refused(545, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_MOVW_TPREL_G1_NC(refused(546, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_MOVW_TPREL_G0(refused(547, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_MOVW_TPREL_G0_NC(refused(548, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_ADD_TPREL_HI12(refused(549, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_ADD_TPREL_LO12(refused(550, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_ADD_TPREL_LO12_NC(refused(551, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST8_TPREL_LO12(refused(552, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST8_TPREL_LO12_NC(refused(553, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST16_TPREL_LO12(refused(554, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST16_TPREL_LO12_NC(refused(555, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST32_TPREL_LO12(refused(556, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST32_TPREL_LO12_NC(refused(557, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST64_TPREL_LO12(refused(558, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC(refused(559, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_LD_PREL19(refused(560, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_ADR_PREL21(refused(561, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_ADR_PAGE21(refused(562, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_LD64_LO12(refused(563, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_ADD_LO12(refused(564, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_OFF_G1(refused(565, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_OFF_G0_NC(refused(566, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_LDR(refused(567, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_ADD(refused(568, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSDESC_CALL(refused(569, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST128_TPREL_LO12(refused(570, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC(refused(571, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST128_DTPREL_LO12(refused(572, Reason.TLS)),
    /** Refused. */
    R_AARCH64_TLSLD_LDST128_DTPREL_LO12_NC(refused(573, Reason.TLS)),
    /** Refused. */
    R_AARCH64_COPY(refused(1024, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_GLOB_DAT(refused(1025, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_JUMP_SLOT(refused(1026, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_RELATIVE(refused(1027, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_TLS_DTPMOD(refused(1028, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_TLS_DTPREL(refused(1029, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_TLS_TPREL(refused(1030, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_TLSDESC(refused(1031, Reason.DYNAMIC)),
    /** Refused. */
    R_AARCH64_IRELATIVE(refused(1032, Reason.DYNAMIC));

    /** Why the kernel's loader has no case for a type. */
    private static final class Reason {
        static final String GOT = "kernel modules have no global offset table on this architecture";
        static final String DYNAMIC = "only a dynamic linker meets it";
        static final String TLS = "the kernel has no thread-local storage";
        static final String LATER = "AAELF64 has it since 2021; the kernel's loader does not know it";
    }

    private final RelocationRow row;

    AArch64RelocationType(RelocationRow row) {
        this.row = row;
    }

    @Override
    public RelocationRow row() {
        return row;
    }
}
