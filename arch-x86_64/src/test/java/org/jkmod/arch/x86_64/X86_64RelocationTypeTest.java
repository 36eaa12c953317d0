package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jkmod.core.RelocationRow;
import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.jkmod.core.RelocationRow.Place;
import org.junit.jupiter.api.Test;

/** The table against what others say of the types. */
class X86_64RelocationTypeTest {
    /** System V ABI, AMD64 Architecture Processor Supplement, version 1.0, table 4.10; 39 and 40 are reserved. */
    private static final String PSABI = """
            NONE 0, 64 1, PC32 2, GOT32 3, PLT32 4, COPY 5, GLOB_DAT 6, JUMP_SLOT 7, RELATIVE 8, GOTPCREL 9, 32 10, 32S 11,
            16 12, PC16 13, 8 14, PC8 15, DTPMOD64 16, DTPOFF64 17, TPOFF64 18, TLSGD 19, TLSLD 20, DTPOFF32 21, GOTTPOFF 22,
            TPOFF32 23, PC64 24, GOTOFF64 25, GOTPC32 26, GOT64 27, GOTPCREL64 28, GOTPC64 29, GOTPLT64 30, PLTOFF64 31,
            SIZE32 32, SIZE64 33, GOTPC32_TLSDESC 34, TLSDESC_CALL 35, TLSDESC 36, IRELATIVE 37, RELATIVE64 38, GOTPCRELX 41,
            REX_GOTPCRELX 42, CODE_4_GOTPCRELX 43, CODE_4_GOTTPOFF 44, CODE_4_GOTPC32_TLSDESC 45, CODE_5_GOTPCRELX 46,
            CODE_5_GOTTPOFF 47, CODE_5_GOTPC32_TLSDESC 48, CODE_6_GOTPCRELX 49, CODE_6_GOTTPOFF 50, CODE_6_GOTPC32_TLSDESC 51
            """;

    private static Map<String, Integer> table() {
        return Arrays.stream(X86_64RelocationType.values())
                .collect(Collectors.toMap(Enum::name, t -> t.row().number()));
    }

    @Test
    void numbers_ofAllTypes_areThePsabis() {
        Map<String, Integer> psabi = Arrays.stream(PSABI.replace('\n', ' ').split(","))
                .map(String::strip)
                .collect(Collectors.toMap(
                        row -> "R_X86_64_" + row.substring(0, row.indexOf(' ')),
                        row -> Integer.valueOf(row.substring(row.indexOf(' ') + 1))));
        assertThat(table()).isEqualTo(psabi);
    }

    @Test
    void numbers_ofTheTypesInElfH_areTheSame() throws IOException {
        Path header = Path.of("/usr/include/elf.h");
        assumeTrue(Files.isReadable(header), "SKIPPED: no " + header + " (libc6-dev) to compare the numbers with");
        Map<String, Integer> defined = new TreeMap<>();
        Matcher define =
                Pattern.compile("(?m)^#define\\s+(R_X86_64_\\w+)\\s+(\\d+)").matcher(Files.readString(header));
        while (define.find()) {
            defined.put(define.group(1), Integer.valueOf(define.group(2)));
        }
        defined.remove("R_X86_64_NUM");
        assertThat(defined).hasSizeGreaterThan(40);
        assertThat(table()).containsAllEntriesOf(defined);
    }

    /** The cases of {@code __write_relocate_add} (arch/x86/kernel/module.c). */
    @Test
    void types_thatTheKernelsLoaderHasACaseFor_areTheAppliedOnes() {
        assertThat(X86_64RelocationType.values())
                .filteredOn(t -> t.row().refusal().isEmpty())
                .extracting(Enum::name)
                .containsExactlyInAnyOrder(
                        "R_X86_64_NONE",
                        "R_X86_64_64",
                        "R_X86_64_PC32",
                        "R_X86_64_PLT32",
                        "R_X86_64_32",
                        "R_X86_64_32S",
                        "R_X86_64_PC64");
    }

    /**
     * A type as the supplement and the kernel have it.
     *
     * @param check what the supplement wants checked
     * @param kernelCheck what the kernel checks
     */
    private record Case(X86_64RelocationType type, Expression expression, int bytes, Check check, Check kernelCheck) {}

    @Test
    void rows_ofTheAppliedTypes_computeWriteAndCheckAsDocumented() {
        Case[] cases = {
            new Case(X86_64RelocationType.R_X86_64_NONE, Expression.NONE, 0, Check.NONE, Check.NONE),
            new Case(X86_64RelocationType.R_X86_64_64, Expression.S_PLUS_A, 8, Check.NONE, Check.NONE),
            new Case(X86_64RelocationType.R_X86_64_PC32, Expression.S_PLUS_A_MINUS_P, 4, Check.SIGNED, Check.NONE),
            new Case(X86_64RelocationType.R_X86_64_PLT32, Expression.S_PLUS_A_MINUS_P, 4, Check.SIGNED, Check.NONE),
            new Case(X86_64RelocationType.R_X86_64_32, Expression.S_PLUS_A, 4, Check.UNSIGNED, Check.UNSIGNED),
            new Case(X86_64RelocationType.R_X86_64_32S, Expression.S_PLUS_A, 4, Check.SIGNED, Check.SIGNED),
            new Case(X86_64RelocationType.R_X86_64_PC64, Expression.S_PLUS_A_MINUS_P, 8, Check.NONE, Check.NONE),
        };
        assertThat(cases).allSatisfy(c -> {
            RelocationRow row = c.type().row();
            assertThat(row.expression()).as("%s", c).isEqualTo(c.expression());
            assertThat(row.field().size()).as("%s", c).isEqualTo(c.bytes());
            assertThat(row.check()).as("%s", c).isEqualTo(c.check());
            assertThat(row.kernelCheck()).as("%s", c).isEqualTo(c.kernelCheck());
            assertThat(row.place()).as("%s", c).isEqualTo(Place.ZERO);
        });
    }
}
