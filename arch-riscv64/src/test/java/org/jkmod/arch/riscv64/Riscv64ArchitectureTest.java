package org.jkmod.arch.riscv64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jkmod.core.Architecture;
import org.jkmod.core.Generation;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationFailure.Reason;
import org.junit.jupiter.api.Test;

class Riscv64ArchitectureTest {
    private static final Architecture ARCHITECTURE = new Riscv64Architecture();

    @Test
    void architecture_ofTheClassPath_isFoundByItsNameAndMachine() {
        assertThat(Architecture.named("riscv64")).containsInstanceOf(Riscv64Architecture.class);
        assertThat(Architecture.ofMachine(243)).containsInstanceOf(Riscv64Architecture.class);
    }

    /** The psABI has given up GNU_VTINHERIT, GNU_VTENTRY, GPREL_I, GPREL_S, TPREL_I and TPREL_S. */
    @Test
    void relocationTypes_ofElfH_haveRowsWithTheirNumbers() throws IOException {
        List<String> rows = new ArrayList<>();
        for (Riscv64RelocationType type : Riscv64RelocationType.values()) {
            rows.add(type.name() + " " + type.row().number());
        }
        try (InputStream in = Objects.requireNonNull(Riscv64Architecture.class.getResourceAsStream("elf.h.txt"))) {
            List<String> header = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(l -> !l.startsWith("#"))
                    .filter(l -> !l.matches("R_RISCV_(GNU_VT(INHERIT|ENTRY)|[GT]PREL_[IS]) .*"))
                    .toList();
            assertThat(header).hasSizeGreaterThan(45);
            assertThat(rows).containsAll(header);
        }
    }

    /** The entries of {@code reloc_handlers} that apply something (arch/riscv/kernel/module.c). */
    @Test
    void acceptedTypes_ofTheTable_areThoseOfTheKernel() {
        int[] accepted = {
            1, 2, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 28, 33, 34, 35, 36, 37, 38, 39, 40, 44, 45, 51, 52, 53, 54,
            55, 56, 57, 59, 60, 61
        };
        assertThat(Arrays.stream(Riscv64RelocationType.values())
                        .filter(t -> t.row().refusal().isEmpty())
                        .map(t -> t.row().number()))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.of(accepted).boxed().toList());
    }

    private static List<String> messages(Reason reason, int type, long place, long value) {
        return ARCHITECTURE.messages(
                new RelocationFailure(reason, 5, 0, type, 7, place, value, 0), "nls_cp850", Generation.LINUX_7_1);
    }

    /**
     * As 7.2.13+deb14-riscv64 printed them, in the cases rel-none, -unknown-type-big, -riscv-relative, -riscv-tls-got-hi20, -riscv-align,
     * -abs32-own, -riscv-pcrel-hi20-overflow, -riscv-call-plt-far; but that it hashes the address behind "PC =".
     */
    @Test
    void messages_ofEachFailure_areThoseOfTheKernel() {
        long place = 0xffffffff023a25c0L;
        assertThat(messages(Reason.UNKNOWN_TYPE, 0, place, 0)).containsExactly("nls_cp850: Unknown relocation type 0");
        assertThat(messages(Reason.UNKNOWN_TYPE, 0x12345, place, 0))
                .containsExactly("nls_cp850: Unknown relocation type 74565");
        assertThat(messages(Reason.UNKNOWN_TYPE, 13, place, 0))
                .containsExactly("nls_cp850: Unknown relocation type 13");
        for (int dynamic : new int[] {3, 4, 5, 7}) {
            assertThat(messages(Reason.UNKNOWN_TYPE, dynamic, place, 0))
                    .containsExactly(
                            "nls_cp850: Dynamic linking not supported in kernel modules PC = ffffffff023a25c0");
        }
        assertThat(messages(Reason.UNKNOWN_TYPE, 21, place, 0))
                .containsExactly(
                        "nls_cp850: Thread local storage not supported in kernel modules PC = ffffffff023a25c0");
        assertThat(messages(Reason.UNKNOWN_TYPE, 43, place, 0))
                .containsExactly(
                        "nls_cp850: The unexpected relocation type 'R_RISCV_ALIGN' from PC = ffffffff023a25c0");
        assertThat(messages(Reason.OVERFLOW, 1, place, 0xffffffff023a25c0L))
                .containsExactly("nls_cp850: value ffffffff023a25c0 out of range for 32-bit field");
        assertThat(messages(Reason.OVERFLOW, 23, place, 0x000000ff023a00c0L - place))
                .containsExactly(
                        "nls_cp850: target 000000ff023a00c0 can not be addressed by the 32-bit offset from PC ="
                                + " ffffffff023a25c0");
        assertThat(messages(Reason.NO_STUB, 19, place, 0x000000ff023a00c0L))
                .containsExactly(
                        "nls_cp850: target 000000ff023a00c0 can not be addressed by the 32-bit offset from PC ="
                                + " ffffffff023a25c0");
        assertThat(messages(Reason.NO_UPPER_HALF, 24, place, 0))
                .containsExactly("nls_cp850: Can not find HI20 relocation information");
    }

    @Test
    void facts_ofTheArchitecture_areThoseOfRiscv() {
        assertThat(ARCHITECTURE.facts().relocationErrno()).hasToString("EINVAL");
        assertThat(ARCHITECTURE.facts().prel32()).isFalse();
    }

    /** Instructions as an assembler writes them, the first byte first. */
    private static OptionalInt constant(String hex) {
        return ARCHITECTURE.constantReturn(
                ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The first two are the inits of the recorded modules init-ret-0, -eexist; assembled with GNU as. */
    @Test
    void constantReturn_ofAFunctionThatDoesNothingElse_isKnown() {
        assertThat(constant("1305000067800000")).as("li a0, 0; ret").hasValue(0);
        assertThat(constant("1305f0fe67800000")).as("li a0, -17; ret").hasValue(-17);
        assertThat(constant("01458280")).as("c.li a0, 0; c.ret").hasValue(0);
        assertThat(constant("3d558280")).as("c.li a0, -17; c.ret").hasValue(-17);
        assertThat(constant("15458280")).as("c.li a0, 5; c.ret").hasValue(5);
        assertThat(constant("9305000067800000")).as("li a1, 0; ret").isEmpty();
        assertThat(constant("130500000000")).as("no ret").isEmpty();
        assertThat(constant("")).isEmpty();
    }

    @Test
    void elfCheckArch_ofAFile_looksAtItsClassToo() {
        assertThat(ARCHITECTURE.elfCheckArch(243, 2)).isTrue();
        assertThat(ARCHITECTURE.elfCheckArch(243, 1)).isFalse();
        assertThat(ARCHITECTURE.elfCheckArch(62, 2)).isFalse();
    }
}
