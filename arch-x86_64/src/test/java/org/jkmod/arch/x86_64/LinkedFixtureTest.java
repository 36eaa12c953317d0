package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jkmod.core.Architecture;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.RelocationProgram;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The engine makes of an assembled object what GNU ld makes of it. The object, and what ld made, are {@code generate}'s. */
class LinkedFixtureTest {
    /** {@code --section-start} and {@code --defsym} of {@code generate}. */
    private static final Map<String, Long> SECTIONS =
            Map.of(".text", 0xffffffffc0000000L, ".init.text", 0xffffffffc0123000L, ".data", 0xffffffffbffff001L);

    private static final Map<String, Long> SYMBOLS = Map.of(
            "kernel_function", 0xffffffff81012345L, "kernel_table", 0xffffffff82345678L, "low_address", 0xdeadbeefL);

    private static final Architecture ARCHITECTURE = new X86_64Architecture();

    private static ElfFile object() {
        return ElfFile.parse(Examples.resource("linked.o"), "linked.o");
    }

    private static long[] values(ElfFile object) {
        SymbolTable symbols = object.symbols().orElseThrow();
        long[] values = new long[symbols.count()];
        for (int i = 1; i < values.length; i++) {
            int section = symbols.rawSectionIndex(i);
            values[i] = section == Elf.SHN_UNDEF
                    ? SYMBOLS.get(symbols.name(i))
                    : symbols.value(i)
                            + SECTIONS.getOrDefault(object.section(section).name(), 0L);
        }
        return values;
    }

    private static Stream<RelocationTable> tables(ElfFile object) {
        return object.sections().stream()
                .filter(s -> s.type() == Elf.SHT_RELA)
                .map(Section::relocations)
                .filter(t -> SECTIONS.containsKey(t.target().name()));
    }

    @TestFactory
    Stream<DynamicTest> programs_ofAnAssembledObject_makeWhatGnuLdMakes() {
        ElfFile object = object();
        return tables(object)
                .flatMap(table -> Stream.of(RelocationPolicy.values())
                        .flatMap(policy -> Stream.of(
                                        Map.entry("compiled", RelocationProgram.compiled(ARCHITECTURE, policy)),
                                        Map.entry("interpreted", RelocationProgram.interpreted(ARCHITECTURE, policy)))
                                .map(program -> DynamicTest.dynamicTest(
                                        table.target().name() + " " + program.getKey() + " " + policy,
                                        () -> compareWithLd(object, table, program.getValue())))));
    }

    private static void compareWithLd(ElfFile object, RelocationTable table, RelocationProgram program) {
        Section target = table.target();
        byte[] image = new byte[(int) target.size()];
        target.bytes().get(image);
        int applied = program.apply(
                object.array(),
                table.start(),
                table.count(),
                values(object),
                image,
                0,
                image.length,
                SECTIONS.get(target.name()),
                index -> {});
        assertThat(applied).isEqualTo(table.count());
        byte[] linked = Examples.resource("linked" + target.name() + ".bin");
        assertThat(HexFormat.ofDelimiter(" ").formatHex(image))
                .isEqualTo(HexFormat.ofDelimiter(" ").formatHex(linked));
    }

    @Test
    void assembledObject_ofTheFixture_hasEveryTypeThatTheKernelAccepts() {
        Set<Integer> types = tables(object())
                .flatMap(t -> IntStream.range(0, t.count()).mapToObj(t::type))
                .collect(Collectors.toSet());
        assertThat(types).containsExactlyInAnyOrder(0, 1, 2, 4, 10, 11, 24);
    }

    /** Which values ld takes for a 32-bit field, and which it says are truncated. */
    @TestFactory
    Stream<DynamicTest> psabiPolicy_atTheEdgesOfEachField_refusesWhatGnuLdRefuses() {
        List<String> edges = new String(Examples.resource("edges.txt"), StandardCharsets.US_ASCII)
                .lines()
                .toList();
        assertThat(edges).hasSizeGreaterThan(20);
        return edges.stream()
                .map(edge -> DynamicTest.dynamicTest(edge, () -> {
                    String[] words = edge.split(" ", 3);
                    X86_64RelocationType type = X86_64RelocationType.valueOf(words[0]);
                    long address = 0x40000000L;
                    long value = Long.parseUnsignedLong(words[1].substring(2), 16);
                    long symbol = type == X86_64RelocationType.R_X86_64_PC32 ? value + address : value;
                    byte[] rela = ByteBuffer.allocate(24)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(0)
                            .putLong(1L << 32 | type.row().number())
                            .putLong(0)
                            .array();
                    int applied = RelocationProgram.compiled(ARCHITECTURE, RelocationPolicy.PSABI)
                            .apply(rela, 0, 1, new long[] {0, symbol}, new byte[4], 0, 4, address, index -> {});
                    assertThat(applied == 1 ? "ok" : "refused").isEqualTo(words[2]);
                }));
    }
}
