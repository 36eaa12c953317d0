package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KallsymsTest {
    private static final String ADDRESS = "an address of 16 (or, on 32 bits, 8) hexadecimal digits";
    private static final String TYPE = "a type after the address: a letter, - or ?, between single spaces";
    private static final String NAME = "a name, then the end of the line or a tab and [module]";
    private static final String MODULE = "the end of the line after the name or a tab and [module]";

    private static final String GOOD = """
            0000000000019020 A cpu_info
            ffffffff81000000 T _stext
            ffffffff81000000 T _text
            ffffffff81234560 t init_once
            ffffffff81234570 W arch_dup_task_struct
            ffffffff81999990 t init_once
            ffffffffc0201000 t ftrace_trampoline\t[__builtin__ftrace]
            ffffffffc0404a20 T iio_write_channel_raw\t[industrialio]
            ffffffffc0400b50 t init_once\t[fat]
            ffffffffc0400c00 w fat_weak [fat]
            """;

    @Test
    void parse_linesOfTheKernel_readsEveryField() {
        Kallsyms kallsyms = parse(GOOD);
        assertThat(kallsyms.size()).isEqualTo(10);
        assertRow(kallsyms, 0, 0x19020L, 'A', "cpu_info", "");
        assertRow(kallsyms, 1, 0xffffffff81000000L, 'T', "_stext", "");
        assertRow(kallsyms, 6, 0xffffffffc0201000L, 't', "ftrace_trampoline", "__builtin__ftrace");
        assertRow(kallsyms, 7, 0xffffffffc0404a20L, 'T', "iio_write_channel_raw", "industrialio");
        assertRow(kallsyms, 9, 0xffffffffc0400c00L, 'w', "fat_weak", "fat");
        assertThat(kallsyms.module(8)).isSameAs(kallsyms.module(9));
        assertThat(kallsyms.hasAddresses()).isTrue();
    }

    @Test
    void firstAndNext_sharedName_walkItInFileOrder() {
        Kallsyms kallsyms = parse(GOOD);
        assertThat(kallsyms.first("init_once")).isEqualTo(3);
        assertThat(kallsyms.next(3)).isEqualTo(5);
        assertThat(kallsyms.next(5)).isEqualTo(8);
        assertThat(kallsyms.next(8)).isEqualTo(-1);
        assertThat(kallsyms.first("_text")).isEqualTo(2);
        assertThat(kallsyms.next(2)).isEqualTo(-1);
        byte[] bytes = "[init_once]".getBytes(ISO_8859_1);
        assertThat(kallsyms.first(bytes, 1, 9)).isEqualTo(3);
        assertThat(kallsyms.first(bytes, 0, 9)).isEqualTo(-1);
        assertThat(kallsyms.first("fat")).isEqualTo(-1);
    }

    @Test
    void names_sharedName_hasOneId() {
        Kallsyms kallsyms = parse(GOOD);
        assertThat(kallsyms.names().size()).isEqualTo(8);
        assertThat(kallsyms.nameId(5)).isEqualTo(kallsyms.nameId(3)).isEqualTo(kallsyms.nameId(8));
        assertThat(kallsyms.names().find("init_once")).isEqualTo(kallsyms.nameId(3));
        assertThat(kallsyms.names().nearest("init_onec", 1)).containsExactly("init_once");
    }

    @Test
    void parse_eightDigits_areA32BitAddress() {
        Kallsyms kallsyms = parse("c0008000 T _stext\nffff0fe0 t __kuser_get_tls\nbf000000 t init\t[fat]\n");
        assertRow(kallsyms, 0, 0xc0008000L, 'T', "_stext", "");
        assertRow(kallsyms, 1, 0xffff0fe0L, 't', "__kuser_get_tls", "");
        assertRow(kallsyms, 2, 0xbf000000L, 't', "init", "fat");
    }

    @Test
    void parse_upperCaseDigits_reads() {
        assertThat(parse("FFFFFFFF8100ABCD T a\n").address(0)).isEqualTo(0xffffffff8100abcdL);
    }

    /** What GNU as calls the labels of {@code 1:} and {@code .L0}, as 6.12 on arm64 and riscv64 shows them. */
    @Test
    void parse_namesThatAreNotWords_keepsEveryByte() {
        Kallsyms kallsyms = parse("""
                ffffa3f7f82061a8 r .L144\u00021\t[jfs]
                ffffffff01e6b686 t .L0 \t[regmap_i2c]
                ffffffff01e6b687 t .L0  [regmap_i2c]
                ffffffff01e6b688 t .L0\s
                ffffffff01e6b689 t [x]
                ffffffff01e6b68a t caf\u00E9\t[m]
                """);
        assertRow(kallsyms, 0, 0xffffa3f7f82061a8L, 'r', ".L144\u00021", "jfs");
        assertRow(kallsyms, 1, 0xffffffff01e6b686L, 't', ".L0 ", "regmap_i2c");
        assertRow(kallsyms, 2, 0xffffffff01e6b687L, 't', ".L0 ", "regmap_i2c");
        assertRow(kallsyms, 3, 0xffffffff01e6b688L, 't', ".L0 ", "");
        assertRow(kallsyms, 4, 0xffffffff01e6b689L, 't', "[x]", "");
        assertRow(kallsyms, 5, 0xffffffff01e6b68aL, 't', "caf\u00E9", "m");
    }

    @Test
    void parse_noNewlineAtTheEnd_readsTheLastLine() {
        assertRow(parse("ffffffff81000000 T _text"), 0, 0xffffffff81000000L, 'T', "_text", "");
        assertRow(parse("ffffffff81000000 T a\t[m]"), 0, 0xffffffff81000000L, 'T', "a", "m");
    }

    @Test
    void parse_emptyFile_hasNoSymbols() {
        Kallsyms kallsyms = parse("");
        assertThat(kallsyms.size()).isZero();
        assertThat(kallsyms.hasAddresses()).isFalse();
        assertThat(kallsyms.first("printk")).isEqualTo(-1);
        assertThat(kallsyms.addressIndex().floor(-1)).isEqualTo(-1);
    }

    @Test
    void hasAddresses_readWithoutPrivilege_false() {
        assertThat(parse("0000000000000000 T _text\n0000000000000000 t a\t[m]\n")
                        .hasAddresses())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "T, true, true",
        "t, false, false",
        "D, true, true",
        "d, false, false",
        "W, true, true",
        "w, true, false",
        "V, true, true",
        "v, true, false",
        "u, true, false",
        "A, true, true",
        "a, false, false",
        "?, false, false",
        "-, false, false",
    })
    void global_letters_areNmsForTheKernelAndTheCaseForModules(char type, boolean kernel, boolean module) {
        Kallsyms kallsyms = parse("ffffffff81000000 %1$c a\nffffffff81000000 %1$c a\t[m]\n".formatted(type));
        assertThat(kallsyms.type(0)).isEqualTo(type);
        assertThat(kallsyms.global(0)).isEqualTo(kernel);
        assertThat(kallsyms.global(1)).isEqualTo(module);
    }

    @Test
    void global_fileOfAModuleOnly_knowsThatItIsAModule() {
        assertThat(parse("ffffffff81000000 w a\t[m]\n").global(0)).isFalse();
    }

    @Test
    void addressIndex_address_leadsToTheSymbol() {
        Kallsyms kallsyms = parse(GOOD);
        AddressIndex index = kallsyms.addressIndex();
        int position = index.floor(0xffffffff81234571L);
        assertThat(kallsyms.name(index.id(position))).isEqualTo("arch_dup_task_struct");
        position = index.floor(0xffffffff81000fffL);
        assertThat(kallsyms.name(index.id(position))).isEqualTo("_text");
        assertThat(kallsyms.name(index.id(index.firstAlias(position)))).isEqualTo("_stext");
        assertThat(kallsyms.name(index.id(index.floor(-1)))).isEqualTo("iio_write_channel_raw");
        assertThat(index.floor(0x1901fL)).isEqualTo(-1);
    }

    @Test
    void accessors_rowOutOfRange_throw() {
        Kallsyms kallsyms = parse(GOOD);
        for (int row : new int[] {-1, 10}) {
            assertThatThrownBy(() -> kallsyms.address(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.type(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.name(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.nameId(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.module(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.global(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> kallsyms.next(row)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    record Case(String text, int line, String found, String expected) {}

    static Stream<Case> malformed() {
        String ok = "ffffffff81000000 T _text\n";
        String address = "ffffffff81000000";
        return Stream.of(
                new Case("\n", 1, "\"\"", ADDRESS),
                new Case(ok + "\n" + ok, 2, "\"\"", "an address of 16, as in line 1, hexadecimal digits"),
                new Case(" T _text\n", 1, "\" T _text\"", ADDRESS),
                new Case("                 U printk\n", 1, "\"                 U printk\"", ADDRESS),
                new Case("(null) T _text\n", 1, "\"(null) T _text\"", ADDRESS),
                new Case("0xffffffff81000000 T a\n", 1, "\"0xffffffff81000000 T a\"", ADDRESS),
                new Case("0" + ok, 1, "\"0ffffffff81000000 T _text\"", ADDRESS),
                new Case(
                        ok + "c0008000 T a\n",
                        2,
                        "\"c0008000 T a\"",
                        "an address of 16, as in line 1, hexadecimal digits"),
                new Case(
                        "c0008000 T a\n" + ok,
                        2,
                        "\"ffffffff81000000 T _text\"",
                        "an address of 8, as in line 1, hexadecimal digits"),
                new Case(
                        address + " T a\t[" + "m".repeat(256) + "]\n",
                        1,
                        "\"ffffffff81000000 T a\\t[" + "m".repeat(98) + "\"... of 279 bytes",
                        "a module's name of at most 255 bytes"),
                new Case(address + "\n", 1, "\"ffffffff81000000\"", TYPE),
                new Case(address, 1, "\"ffffffff81000000\"", TYPE),
                new Case(address + " \n", 1, "\"ffffffff81000000 \"", TYPE),
                new Case(address + "\tT\ta\n", 1, "\"ffffffff81000000\\tT\\ta\"", TYPE),
                new Case(address + "  T a\n", 1, "\"ffffffff81000000  T a\"", TYPE),
                new Case(address + " TT a\n", 1, "\"ffffffff81000000 TT a\"", TYPE),
                new Case(address + " 1 a\n", 1, "\"ffffffff81000000 1 a\"", TYPE),
                new Case(address + " T\n", 1, "\"ffffffff81000000 T\"", TYPE),
                new Case(address + " T \n", 1, "\"ffffffff81000000 T \"", NAME),
                new Case(address + " T  a\n", 1, "\"ffffffff81000000 T  a\"", NAME),
                new Case(address + " T \t[m]\n", 1, "\"ffffffff81000000 T \\t[m]\"", NAME),
                new Case(address + " T a b\n", 1, "\"ffffffff81000000 T a b\"", NAME),
                new Case(address + " T a\r\n", 1, "\"ffffffff81000000 T a\\x0d\"", NAME),
                new Case(address + " T a\0b\n", 1, "\"ffffffff81000000 T a\\x00b\"", NAME),
                new Case(address + " T a\t\n", 1, "\"ffffffff81000000 T a\\t\"", MODULE),
                new Case(address + " T a\tm\n", 1, "\"ffffffff81000000 T a\\tm\"", MODULE),
                new Case(address + " T a\t[m\n", 1, "\"ffffffff81000000 T a\\t[m\"", MODULE),
                new Case(address + " T a\t[]\n", 1, "\"ffffffff81000000 T a\\t[]\"", MODULE),
                new Case(address + " T a\t[[m]\n", 1, "\"ffffffff81000000 T a\\t[[m]\"", MODULE),
                new Case(address + " T a\t[m] \n", 1, "\"ffffffff81000000 T a\\t[m] \"", MODULE),
                new Case(address + " T a\t[m] [n]\n", 1, "\"ffffffff81000000 T a\\t[m] [n]\"", MODULE),
                new Case(address + " T a\t[m m]\n", 1, "\"ffffffff81000000 T a\\t[m m]\"", MODULE),
                new Case(address + " T a \\\"[\n", 1, "\"ffffffff81000000 T a \\\\\\\"[\"", NAME),
                new Case(
                        address + " T " + "a".repeat(300) + "\0\n",
                        1,
                        "\"" + address + " T " + "a".repeat(101) + "\"... of 320 bytes",
                        NAME));
    }

    @ParameterizedTest
    @MethodSource
    void malformed(Case wrong) {
        assertMalformed(
                wrong, catchThrowableOfType(MalformedInputException.class, () -> parse(wrong.text())), "kallsyms");
    }

    static Stream<Case> malformedSystemMap() {
        return Stream.of(
                // All that Debian's linux-image packages have.
                new Case(
                        "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n",
                        1,
                        "\"ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\"",
                        "a name, then the end of the line, for a System.map has no modules"),
                new Case(
                        "ffffffff81000000 T _text\nffffffff81000000 T a\t[m]\n",
                        2,
                        "\"ffffffff81000000 T a\\t[m]\"",
                        "the end of the line after the name, for a System.map has no modules"),
                new Case("", 0, "", ""));
    }

    @ParameterizedTest
    @MethodSource
    void malformedSystemMap(Case wrong) {
        if (wrong.line() == 0) {
            assertThat(parseSystemMap(wrong.text()).size()).isZero();
            return;
        }
        assertMalformed(
                wrong,
                catchThrowableOfType(MalformedInputException.class, () -> parseSystemMap(wrong.text())),
                "System.map");
    }

    private static void assertMalformed(Case wrong, MalformedInputException e, String file) {
        assertThat(e).as("exception for %s", wrong).isNotNull();
        assertThat(e.file()).isEqualTo(file);
        assertThat(e.place()).isEqualTo("line");
        assertThat(e.offset()).isEqualTo(wrong.line());
        assertThat(e.found()).isEqualTo(wrong.found());
        assertThat(e.expected()).isEqualTo(wrong.expected());
    }

    @Test
    void parseSystemMap_linesOfNm_readsEveryField() {
        Kallsyms map = parseSystemMap("0000000000000000 D __per_cpu_start\nffffffff81000000 T _text\n");
        assertThat(map.size()).isEqualTo(2);
        assertRow(map, 0, 0, 'D', "__per_cpu_start", "");
        assertRow(map, 1, 0xffffffff81000000L, 'T', "_text", "");
    }

    @Test
    void parse_brokenFiles_resultOrMalformed() {
        Fuzzer.fuzz(GOOD.getBytes(ISO_8859_1), 50_000, bytes -> {
            Kallsyms kallsyms = Kallsyms.parse(bytes, "fuzzed");
            int walked = 0;
            for (int id = 0; id < kallsyms.names().size(); id++) {
                String name = kallsyms.names().name(id);
                for (int row = kallsyms.first(name); row >= 0; row = kallsyms.next(row)) {
                    assertThat(kallsyms.name(row)).isEqualTo(name).isNotEmpty();
                    assertThat(kallsyms.module(row)).doesNotContain("[", "]", "\n");
                    walked++;
                }
            }
            assertThat(walked).isEqualTo(kallsyms.size());
            assertThat(kallsyms.addressIndex().size()).isEqualTo(kallsyms.size());
        });
    }

    @Test
    void read_file_sameAsItsBytes(@TempDir Path dir) throws IOException {
        Path file = Files.write(dir.resolve("kallsyms"), GOOD.getBytes(ISO_8859_1));
        assertThat(Kallsyms.read(file).size()).isEqualTo(10);
        assertThatThrownBy(() -> Kallsyms.readSystemMap(file))
                .isInstanceOfSatisfying(MalformedInputException.class, e -> {
                    assertThat(e.file()).isEqualTo(file.toString());
                    assertThat(e.offset()).isEqualTo(7);
                });
        assertThatThrownBy(() -> Kallsyms.read(dir)).isInstanceOf(IOException.class);
    }

    @Test
    void parse_recordedKernels_agreesWithMatchingTheirLines() throws IOException {
        RealFiles.kallsyms().forEach((release, bytes) -> assertAgreesWithLines(release, bytes));
    }

    @Test
    void read_thisKernel_agreesWithMatchingItsLines() throws IOException {
        Path file = Path.of("/proc/kallsyms");
        Assumptions.assumeTrue(Files.isReadable(file), "SKIPPED: no readable " + file);
        assertAgreesWithLines("this kernel", Files.readAllBytes(file));
        assertThat(Kallsyms.read(file).size()).isPositive();
    }

    private static void assertAgreesWithLines(String release, byte[] bytes) {
        Pattern pattern = Pattern.compile("([0-9a-f]{16}) (.) (\\S+?)(?:[\\t ]\\[([^\\]]+)\\])?", Pattern.DOTALL);
        Kallsyms kallsyms = Kallsyms.parse(bytes, release);
        Map<String, List<Integer>> rowsByName = new HashMap<>();
        int row = 0;
        for (String line : new String(bytes, ISO_8859_1).split("\n", 0)) {
            Matcher matcher = pattern.matcher(line);
            assertThat(matcher.matches()).as(line).isTrue();
            String module = matcher.group(4) == null ? "" : matcher.group(4);
            boolean right = kallsyms.address(row) == Long.parseUnsignedLong(matcher.group(1), 16)
                    && kallsyms.type(row) == matcher.group(2).charAt(0)
                    && kallsyms.name(row).equals(matcher.group(3))
                    && kallsyms.module(row).equals(module);
            assertThat(right).as("%s line %s: %s", release, row + 1, line).isTrue();
            rowsByName
                    .computeIfAbsent(matcher.group(3), key -> new ArrayList<>())
                    .add(row);
            row++;
        }
        assertThat(kallsyms.size()).as(release).isEqualTo(row).isGreaterThan(10_000);
        assertThat(kallsyms.names().size()).as(release).isEqualTo(rowsByName.size());
        rowsByName.forEach((name, rows) -> {
            List<Integer> walked = new ArrayList<>();
            for (int symbol = kallsyms.first(name); symbol >= 0; symbol = kallsyms.next(symbol)) {
                walked.add(symbol);
            }
            assertThat(walked.equals(rows)).as("%s: rows of %s", release, name).isTrue();
        });
    }

    private static void assertRow(Kallsyms kallsyms, int row, long address, char type, String name, String module) {
        assertThat(kallsyms.address(row)).isEqualTo(address);
        assertThat(kallsyms.type(row)).isEqualTo(type);
        assertThat(kallsyms.name(row)).isEqualTo(name);
        assertThat(kallsyms.module(row)).isEqualTo(module);
    }

    private static Kallsyms parse(String text) {
        return Kallsyms.parse(text.getBytes(ISO_8859_1), "kallsyms");
    }

    private static Kallsyms parseSystemMap(String text) {
        return Kallsyms.parseSystemMap(text.getBytes(ISO_8859_1), "System.map");
    }
}
