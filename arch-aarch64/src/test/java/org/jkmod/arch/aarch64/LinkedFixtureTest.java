package org.jkmod.arch.aarch64;

import static org.jkmod.core.RelocationPolicy.KERNEL;
import static org.jkmod.core.RelocationPolicy.PSABI;

import java.util.List;
import org.jkmod.core.LinkedFixtureContract;

class LinkedFixtureTest extends LinkedFixtureContract {
    LinkedFixtureTest() {
        super(
                new AArch64Architecture(),
                List.of(
                        new Difference(
                                PSABI,
                                Kind.LD_REFUSES,
                                "R_AARCH64_ABS(32|16)",
                                4,
                                "AAELF64 5.7.4: -2^31 <= X < 2^32 (-2^15, 2^16): the value may be meant as either"),
                        new Difference(
                                PSABI,
                                Kind.LD_REFUSES,
                                "R_AARCH64_PREL(32|16)",
                                4,
                                "AAELF64 5.7.4: as for ABS32, ABS16"),
                        new Difference(
                                PSABI,
                                Kind.POLICY_REFUSES,
                                "R_AARCH64_(TSTBR14|CONDBR19|JUMP26|CALL26)",
                                4,
                                "ld cuts off the bits below 4: the branch would go elsewhere"),
                        new Difference(
                                KERNEL,
                                Kind.LD_REFUSES,
                                "R_AARCH64_LDST(16|32|64|128)_ABS_LO12_NC",
                                8,
                                "the kernel cuts off the bits below the operand's size"),
                        new Difference(
                                KERNEL,
                                Kind.LD_REFUSES,
                                "R_AARCH64_LD_PREL_LO19",
                                1,
                                "the kernel cuts off the bits below 4")));
    }
}
