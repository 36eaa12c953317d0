package org.jkmod.arch.riscv64;

import static org.jkmod.core.RelocationPolicy.KERNEL;
import static org.jkmod.core.RelocationPolicy.PSABI;

import java.util.List;
import org.jkmod.core.LinkedFixtureContract;

class LinkedFixtureTest extends LinkedFixtureContract {
    LinkedFixtureTest() {
        super(
                new Riscv64Architecture(),
                List.of(
                        new Difference(
                                KERNEL,
                                Kind.LD_REFUSES,
                                "R_RISCV_(BRANCH|JAL|RVC_BRANCH|RVC_JUMP)",
                                12,
                                "the kernel does not look whether the branch reaches, or ends between instructions"),
                        new Difference(KERNEL, Kind.LD_REFUSES, "R_RISCV_HI20", 2, "the kernel does not look"),
                        new Difference(
                                KERNEL,
                                Kind.POLICY_REFUSES,
                                "R_RISCV_32",
                                3,
                                "ld does not look, nor does the psABI; the kernel wants 32 bits, unsigned"),
                        new Difference(
                                PSABI,
                                Kind.POLICY_REFUSES,
                                "R_RISCV_32_PCREL",
                                2,
                                "ld does not look; the value is cut off"),
                        new Difference(
                                KERNEL,
                                Kind.POLICY_REFUSES,
                                "R_RISCV_PLT32",
                                1,
                                "the kernel wants what AUIPC and JALR reach, so that a stub is made 2 KiB too early"),
                        new Difference(
                                KERNEL,
                                Kind.OTHER_BYTES,
                                "R_RISCV_(ADD|SUB)(6|8|16|32|64)",
                                39,
                                "the kernel begins with 0, whatever is at the place"),
                        new Difference(
                                KERNEL,
                                Kind.OTHER_BYTES,
                                "ULEB128.longer",
                                2,
                                "the kernel writes no longer a number than needed"),
                        new Difference(
                                KERNEL, Kind.LD_REFUSES, "ULEB128.shorter", 1, "the kernel writes over what follows"),
                        new Difference(
                                PSABI,
                                Kind.OTHER_BYTES,
                                "ULEB128.longer",
                                2,
                                "the number should keep its length (psABI, 8.4.8)"),
                        new Difference(
                                PSABI,
                                Kind.LD_REFUSES,
                                "ULEB128.shorter",
                                1,
                                "the number should keep its length (psABI, 8.4.8)"),
                        new Difference(
                                KERNEL,
                                Kind.OTHER_BYTES,
                                "ULEB128.addend",
                                1,
                                "ld leaves out the addend of SUB_ULEB128"),
                        new Difference(
                                PSABI,
                                Kind.OTHER_BYTES,
                                "ULEB128.addend",
                                1,
                                "ld leaves out the addend of SUB_ULEB128")));
    }
}
