package org.jkmod.arch.aarch64;

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

class AArch64ArchitectureTest {
    private static final Architecture ARCHITECTURE = new AArch64Architecture();

    @Test
    void architecture_ofTheClassPath_isFoundByItsNamesAndMachine() {
        assertThat(Architecture.named("aarch64")).containsInstanceOf(AArch64Architecture.class);
        assertThat(Architecture.named("arm64")).containsInstanceOf(AArch64Architecture.class);
        assertThat(Architecture.ofMachine(183)).containsInstanceOf(AArch64Architecture.class);
    }

    @Test
    void relocationTypes_ofElfH_haveRowsWithTheirNumbers() throws IOException {
        List<String> rows = new ArrayList<>();
        for (AArch64RelocationType type : AArch64RelocationType.values()) {
            rows.add(type.name() + " " + type.row().number());
        }
        try (InputStream in = Objects.requireNonNull(AArch64Architecture.class.getResourceAsStream("elf.h.txt"))) {
            List<String> header = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(l -> !l.startsWith("#"))
                    .toList();
            assertThat(header).hasSizeGreaterThan(120);
            assertThat(rows).containsAll(header);
        }
    }

    /** The cases of {@code apply_relocate_add} (arch/arm64/kernel/module.c). */
    @Test
    void acceptedTypes_ofTheTable_areThoseOfTheKernel() {
        int[] accepted = {
            0, 256, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276,
            277, 278, 279, 280, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 299
        };
        assertThat(Arrays.stream(AArch64RelocationType.values())
                        .filter(t -> t.row().refusal().isEmpty())
                        .map(t -> t.row().number()))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.of(accepted).boxed().toList());
    }

    private static List<String> messages(Generation generation, Reason reason, int type, long value) {
        return ARCHITECTURE.messages(
                new RelocationFailure(reason, 5, 0, type, 7, 0, 0, value), "nls_cp850", generation);
    }

    /** As 6.12.107+deb13-arm64 printed them, in the cases rel-unknown-type-big, -arm64-got, -abs32-own, -arm64-adr-lo21-overflow. */
    @Test
    void messages_ofEachFailure_areThoseOfTheKernel() {
        Generation generation = Generation.LINUX_6_4;
        assertThat(messages(generation, Reason.UNKNOWN_TYPE, 0x12345, 0))
                .containsExactly("Modules: module nls_cp850: unsupported RELA relocation: 74565");
        assertThat(messages(generation, Reason.UNKNOWN_TYPE, 311, 0))
                .containsExactly("Modules: module nls_cp850: unsupported RELA relocation: 311");
        assertThat(messages(generation, Reason.OVERFLOW, 258, 0xffffbbfe3510c580L))
                .containsExactly("Modules: module nls_cp850: overflow in relocation type 258 val ffffbbfe3510c580");
        assertThat(messages(generation, Reason.OVERFLOW, 274, 0xffffbbfe59d3b990L))
                .containsExactly("Modules: module nls_cp850: overflow in relocation type 274 val ffffbbfe59d3b990");
        assertThat(messages(generation, Reason.NO_STUB, 283, 0)).isEmpty();
        assertThat(messages(Generation.LINUX_6_1, Reason.UNKNOWN_TYPE, 311, 0))
                .containsExactly("module nls_cp850: unsupported RELA relocation: 311");
    }

    @Test
    void facts_ofTheArchitecture_areThoseOfArm64() {
        assertThat(ARCHITECTURE.facts().relocationErrno()).hasToString("ENOEXEC");
        assertThat(ARCHITECTURE.facts().prel32()).isTrue();
    }

    /** Instructions as an assembler writes them, the first byte first. */
    private static OptionalInt constant(String hex) {
        return ARCHITECTURE.constantReturn(
                ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The first three are the inits of the recorded modules init-ret-0, -eexist; assembled with GNU as. */
    @Test
    void constantReturn_ofAFunctionThatDoesNothingElse_isKnown() {
        assertThat(constant("5f2403d500008052c0035fd6"))
                .as("bti c; mov w0, #0; ret")
                .hasValue(0);
        assertThat(constant("5f2403d500028012c0035fd6"))
                .as("bti c; mov w0, #-17; ret")
                .hasValue(-17);
        assertThat(constant("00008052c0035fd6")).as("mov w0, #0; ret").hasValue(0);
        assertThat(constant("a0008052c0035fd6")).as("mov w0, #5; ret").hasValue(5);
        assertThat(constant("01008052c0035fd6")).as("mov w1, #0; ret").isEmpty();
        assertThat(constant("00008052")).as("cut").isEmpty();
        assertThat(constant("")).isEmpty();
    }
}
