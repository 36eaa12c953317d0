package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.core.ModuleArguments.Splitter;
import org.jkmod.core.ModuleArguments.Word;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code parse_args} and the setters of kernel/params.c, {@code next_arg} of lib/cmdline.c. Some seventy commands of this kind were
 * recorded on a real kernel, too, and are replayed by arch-x86_64's tests.
 */
class ModuleArgumentsTest {
    private static final long BASE = 0xffffffffc0000000L;

    /** A parameter: name, type of its parmtype entry (or none), and the number that an array's or string's description begins with. */
    private record Parameter(String name, String type, int limit) {}

    private static final List<Parameter> ALL = List.of(
            new Parameter("byte_p", "byte", 0),
            new Parameter("short_p", "short", 0),
            new Parameter("ushort_p", "ushort", 0),
            new Parameter("int_p", "int", 0),
            new Parameter("uint_p", "uint", 0),
            new Parameter("hexint_p", "hexint", 0),
            new Parameter("long_p", "long", 0),
            new Parameter("ulong_p", "ulong", 0),
            new Parameter("ullong_p", "ullong", 0),
            new Parameter("bool_p", "bool", 0),
            new Parameter("invbool_p", "invbool", 0),
            new Parameter("charp_p", "charp", 0),
            new Parameter("string_p", "string", 8),
            new Parameter("own_p", "own_type", 0),
            new Parameter("untyped_p", "", 0),
            new Parameter("ints_p", "array of int", 2),
            new Parameter("bools_p", "array of bool", 2));

    /** A module whose __param table has these. */
    private static KernelModule module(String arguments) {
        ByteBuffer memory = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder modinfo = new StringBuilder();
        int data = 40 * ALL.size();
        for (int i = 0; i < ALL.size(); i++) {
            Parameter p = ALL.get(i);
            memory.putLong(40 * i, BASE + data);
            memory.put(data, p.name().getBytes(StandardCharsets.US_ASCII));
            data += p.name().length() + 1;
            memory.putLong(40 * i + 32, BASE + data);
            memory.putInt(data, p.limit());
            data += 4;
            if (!p.type().isEmpty()) {
                modinfo.append("parmtype=")
                        .append(p.name())
                        .append(':')
                        .append(p.type())
                        .append('\0');
            }
        }
        EnumMap<MemoryType, ModuleMemory> memories = new EnumMap<>(MemoryType.class);
        memories.put(MemoryType.RODATA, new ModuleMemory(MemoryType.RODATA, BASE, 4096, memory.array()));
        return new KernelModule(
                "some",
                Modinfo.parse(ByteBuffer.wrap(modinfo.toString().getBytes(StandardCharsets.US_ASCII))),
                true,
                true,
                arguments,
                List.of(new LoadedSection("__param", MemoryType.RODATA, BASE, 40L * ALL.size())),
                memories);
    }

    /** What comes of arguments: errno, and the messages with their levels. */
    private static List<String> parse(String arguments) {
        KernelLog log = new KernelLog(() -> 0);
        List<String> result = new ArrayList<>();
        try {
            ModuleArguments.parse(log, module(arguments));
            result.add("0");
        } catch (LoadProblem e) {
            assertThat(e.printed).isTrue();
            result.add(e.problems.get(e.problems.size() - 1).errno().name());
        }
        log.lines().forEach(line -> result.add(line.level() + " " + line.text()));
        return result;
    }

    private static String errno(String arguments) {
        return parse(arguments).get(0);
    }

    // Numbers.

    @ParameterizedTest
    @CsvSource({
        "byte,   0,   255",
        "short,  -32768, 32767",
        "ushort, 0, 65535",
        "int,    -2147483648, 2147483647",
        "uint,   0, 4294967295",
        "hexint, 0, 4294967295",
        "long,   -9223372036854775808, 9223372036854775807",
        "ulong,  0, 18446744073709551615",
        "ullong, 0, 18446744073709551615"
    })
    void integer_atTheEdgesOfItsType_isTakenAndTheNextIsOutOfRange(String type, String lowest, String highest) {
        BigInteger low = new BigInteger(lowest);
        BigInteger high = new BigInteger(highest);
        String p = type + "_p=";
        assertThat(errno(p + low)).isEqualTo("0");
        assertThat(errno(p + high)).isEqualTo("0");
        assertThat(errno(p + "0x" + high.toString(16))).isEqualTo("0");
        assertThat(errno(p + "0" + high.toString(8))).isEqualTo("0");
        assertThat(errno(p + high.add(BigInteger.ONE))).isEqualTo("ERANGE");
        assertThat(errno(p + low.subtract(BigInteger.ONE)))
                .as("an unsigned number has no minus")
                .isEqualTo(low.signum() < 0 ? "ERANGE" : "EINVAL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "7", "007", "010", "0x0", "0xfF", "0X1f", "+7", "-7", "-0x7", "-010", "7\n"})
    void integer_inEachSpelling_isTaken(String number) {
        // a newline can only come within quotes
        assertThat(parse("int_p=\"" + number + "\"")).containsExactly("0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "a", "7a", "08", "0x", "0xg", "x7", "--7", "++7", "+-7", "-", "+", "7 ", " 7", "7.0", "1e3",
                "7\n\n", "0b1", "\u0661", "0x-7"
            })
    void text_thatIsNoInteger_isInvalid(String text) {
        assertThat(errno("int_p=\"" + text + "\"")).isEqualTo("EINVAL");
    }

    /** All digits are read before what follows them is. */
    @Test
    void numberOfMoreThan64Bits_withARest_isOutOfRange() {
        assertThat(errno("int_p=99999999999999999999x")).isEqualTo("ERANGE");
        assertThat(errno("int_p=99999999999x")).isEqualTo("EINVAL");
        assertThat(errno("int_p=" + "9".repeat(10_000))).isEqualTo("ERANGE");
        assertThat(errno("int_p=" + "0".repeat(10_000) + "7")).isEqualTo("0");
    }

    // Others.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y", "Y", "yes", "t", "T", "1", "n", "N", "no", "f", "0", "on", "ON", "of", "oFF", "1x", "tree", "0x"
            })
    void bool_inEachSpelling_isTaken(String value) {
        assertThat(parse("bool_p=" + value)).containsExactly("0");
        assertThat(parse("invbool_p=" + value)).containsExactly("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "o", "ox", "2", "-1", "x", " y"})
    void text_thatIsNoBool_isInvalid(String value) {
        assertThat(parse("bool_p=\"" + value + "\""))
                .containsExactly("EINVAL", "3 some: `" + value + "' invalid for parameter `bool_p'");
    }

    @Test
    void parameter_withoutAValue_isForBoolsOnly() {
        assertThat(parse("bool_p invbool_p")).containsExactly("0");
        assertThat(parse("int_p")).containsExactly("EINVAL", "3 some: `' invalid for parameter `int_p'");
        assertThat(parse("charp_p")).containsExactly("EINVAL", "3 some: `' invalid for parameter `charp_p'");
        assertThat(parse("bools_p")).containsExactly("EINVAL", "3 some: `' invalid for parameter `bools_p'");
        assertThat(errno("charp_p=")).isEqualTo("0");
    }

    /** "soft_reboot_cmd: string parameter too long": case par-charp-long of the recorded verdicts. */
    @Test
    void charp_of1024Characters_isTheLongest() {
        String longest = "a".repeat(1024);
        assertThat(parse("charp_p=" + longest)).containsExactly("0");
        assertThat(parse("charp_p=" + longest + "b"))
                .containsExactly(
                        "ENOSPC",
                        "3 charp_p: string parameter too long",
                        "3 some: `" + longest + "b' too large for parameter `charp_p'");
    }

    /** "ids: string doesn't fit in 1023 chars.": case par-string-long. */
    @Test
    void string_thatFillsItsBuffer_hasNoRoomForTheNul() {
        assertThat(parse("string_p=1234567")).containsExactly("0");
        assertThat(parse("string_p=12345678"))
                .containsExactly(
                        "ENOSPC",
                        "3 string_p: string doesn't fit in 7 chars.",
                        "3 some: `12345678' too large for parameter `string_p'");
    }

    @Test
    void array_ofTwo_takesOneOrTwo() {
        assertThat(parse("ints_p=1")).containsExactly("0");
        assertThat(parse("ints_p=1,-2 bools_p=y,off")).containsExactly("0");
        assertThat(parse("ints_p=1,2,3"))
                .containsExactly(
                        "EINVAL", "3 ints_p: can only take 2 arguments", "3 some: `1' invalid for parameter `ints_p'");
        assertThat(parse("ints_p=1,2,"))
                .containsExactly(
                        "EINVAL", "3 ints_p: can only take 2 arguments", "3 some: `1' invalid for parameter `ints_p'");
    }

    /** The kernel has put a NUL for the comma by then. */
    @Test
    void array_withABadElement_showsTheFirst() {
        assertThat(parse("ints_p=5,x")).containsExactly("EINVAL", "3 some: `5' invalid for parameter `ints_p'");
        assertThat(parse("ints_p=,5")).containsExactly("EINVAL", "3 some: `' invalid for parameter `ints_p'");
        assertThat(parse("ints_p=5,99999999999"))
                .containsExactly("ERANGE", "3 some: `5' invalid for parameter `ints_p'");
        assertThat(parse("ints_p=")).containsExactly("EINVAL", "3 some: `' invalid for parameter `ints_p'");
    }

    /** module_param_cb says nothing of a type; what it takes, only its code knows. */
    @Test
    void parameterOfAnUnknownType_takesAnything() {
        assertThat(parse("own_p=x untyped_p=y untyped_p")).containsExactly("0");
    }

    // Names.

    @Test
    void unknownParameter_ofAnyName_isIgnoredWithAWarning() {
        assertThat(parse("nosuch=1 int_p=2 other"))
                .containsExactly(
                        "0", "4 some: unknown parameter 'nosuch' ignored", "4 some: unknown parameter 'other' ignored");
    }

    /** ddebug_dyndbg_param_cb cuts the name at its first point. */
    @Test
    void nameWithAPoint_isDynamicDebuggingsOrShownToThePoint() {
        assertThat(parse("async_probe async_probe=1 dyndbg dyndbg=+p some.dyndbg=+p any.dyndbg"))
                .containsExactly("0");
        assertThat(parse("some.int_p=1 a.b.dyndbg .x"))
                .containsExactly(
                        "0",
                        "4 some: unknown parameter 'some' ignored",
                        "4 some: unknown parameter 'a' ignored",
                        "4 some: unknown parameter '' ignored");
    }

    @Test
    void dashAndUnderscore_inAName_areTheSame() {
        assertThat(parse("int-p=x")).containsExactly("EINVAL", "3 some: `x' invalid for parameter `int-p'");
    }

    @Test
    void manyWrong_areAllToldAndTheLastDecides() {
        assertThat(parse("int_p=99999999999 bool_p=2"))
                .containsExactly(
                        "EINVAL",
                        "3 some: `99999999999' invalid for parameter `int_p'",
                        "3 some: `2' invalid for parameter `bool_p'");
        assertThat(errno("bool_p=2 int_p=99999999999")).isEqualTo("ERANGE");
        assertThat(errno("bool_p=2 int_p=1")).isEqualTo("EINVAL");
    }

    @Test
    void whatFollowsTwoDashes_isNotLookedAt() {
        assertThat(parse("int_p=1 -- int_p=x  y"))
                .containsExactly("0", "4 some: parameters 'int_p=x  y' after `--' ignored");
        assertThat(parse("--")).containsExactly("0", "4 some: parameters '' after `--' ignored");
        assertThat(parse("int_p=x -- int_p=y"))
                .as("an error comes first")
                .containsExactly("EINVAL", "3 some: `x' invalid for parameter `int_p'");
        assertThat(parse("--=1 ---"))
                .containsExactly(
                        "0", "4 some: unknown parameter '--' ignored", "4 some: unknown parameter '---' ignored");
    }

    @Test
    void tableWithWildPointers_hasThoseParametersThatCanBeRead() {
        ByteBuffer table = ByteBuffer.allocate(125).order(ByteOrder.LITTLE_ENDIAN);
        table.putLong(0, 0);
        table.putLong(40, BASE + 124);
        table.putLong(80, BASE + 120);
        table.put(120, (byte) 'p');
        table.put(124, (byte) 'x');
        EnumMap<MemoryType, ModuleMemory> memories = new EnumMap<>(MemoryType.class);
        memories.put(MemoryType.RODATA, new ModuleMemory(MemoryType.RODATA, BASE, 4096, table.array()));
        KernelModule module = new KernelModule(
                "some",
                Modinfo.parse(
                        ByteBuffer.wrap("parmtype=p:array of int\0parmtype=\0".getBytes(StandardCharsets.US_ASCII))),
                true,
                true,
                "p=1,2,3 x=1",
                List.of(new LoadedSection("__param", MemoryType.RODATA, BASE, 124)),
                memories);
        KernelLog log = new KernelLog(() -> 0);
        ModuleArguments.parse(log, module);
        assertThat(log.lines()).hasSize(1);
        assertThatThrownBy(() -> module.memory(MemoryType.TEXT)).isInstanceOf(IllegalArgumentException.class);
    }

    // Words.

    private static List<String> split(String arguments) {
        Splitter splitter = new Splitter(arguments);
        List<String> words = new ArrayList<>();
        while (splitter.hasNext()) {
            Word word = splitter.next();
            words.add(word.value().map(v -> "<" + word.name() + "><" + v + ">").orElse("<" + word.name() + ">"));
        }
        return words;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "a=b|<a><b>",
                "  a=b  c |<a><b> <c>",
                "a=|<a><>",
                "a=b=c|<a><b=c>",
                "=a|<=a>",
                "==|<=><>",
                "=|<=>",
                "a = b|<a> <=> <b>",
                "a=\"b c\"|<a><b c>",
                "\"a=b c\"|<a><b c>",
                "a=\"b c|<a><b c>",
                "a=b\"c d\"e|<a><b\"c d\"e>",
                "a=\"b\"c|<a><b\"c>",
                "a=b\"|<a><b\">",
                "a=\"|<a><>",
                "a=\"\"|<a><>",
                "\"a\"=b|<a\"><b>",
                "\"a|<a>",
                "\"a\"|<a>",
                "\"\"|<>",
                "\"|<>",
                "\"a=\"b\"|<a><b>",
                "\"a=\"b\"\"|<a><b\">",
                "a\"b c\"|<a\"b c\">"
            })
    void arguments_withBlanksAndQuotes_areSplitAsTheKernelDoes(String arguments, String words) {
        assertThat(String.join(" ", split(arguments))).isEqualTo(words);
    }

    @Test
    void blanks_ofEachKind_separate() {
        assertThat(split("a\tb\nc\u000bd\fe\rf\u00a0g")).hasSize(7);
        assertThat(split("a\u2003b\u0085c")).as("no blanks of the kernel's").hasSize(1);
        assertThat(split("")).isEmpty();
        assertThat(split("   ")).isEmpty();
    }

    @Test
    void nul_inArguments_endsThem() {
        assertThat(split("a b\0c d")).containsExactly("<a>", "<b>");
    }

    @Test
    void word_ofTwoDashes_isTheEnd() {
        Splitter splitter = new Splitter("-- a");
        assertThat(splitter.next()).isEqualTo(new Word("--", Optional.empty())).isEqualTo(Splitter.END);
        assertThat(splitter.rest()).isEqualTo("a");
    }
}
