package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ParameterBuilder.address;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.ModuleArguments.Splitter;
import org.jkmod.core.ModuleArguments.Surroundings;
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
    /** A parameter of each type. */
    private static KernelModule module(String arguments) {
        ParameterBuilder builder = new ParameterBuilder();
        for (String type : INTEGERS) {
            builder.add(type + "_p", type, builder.variable(8, 0));
        }
        long own = builder.string("code");
        return builder.add("bool_p", "bool", builder.variable(1, 0))
                .add("invbool_p", "invbool", builder.variable(1, 0))
                .add("bint_p", "bint", builder.variable(4, 0))
                .add("charp_p", "charp", builder.variable(8, 0))
                .add("string_p", "string", builder.buffer(8, builder.variable(8, 0)))
                .add("own_p", builder.ops(0, own, own), 0, 0, 0)
                .add("own_flag_p", builder.ops(1, own, own), 0, 0, 0)
                .addArray("ints_p", builder.array(2, 4, 0, address("param_ops_int"), builder.variable(8, 0)))
                .addArray("bools_p", builder.array(2, 1, 0, address("param_ops_bool"), builder.variable(2, 0)))
                .build(arguments);
    }

    private static final List<String> INTEGERS =
            List.of("byte", "short", "ushort", "int", "uint", "hexint", "long", "ulong", "ullong");

    /** What comes of arguments: errno, and the messages with their levels. */
    private static List<String> parse(String arguments) {
        KernelLog log = new KernelLog(() -> 0);
        List<String> result = new ArrayList<>();
        try {
            ModuleArguments.parse(surroundings(log, Map.of()), module(arguments));
            result.add("0");
        } catch (LoadProblem e) {
            assertThat(e.messages).as("printed already").isEmpty();
            result.add(
                    e.problems.get(e.problems.size() - 1).errno().orElseThrow().name());
        }
        log.lines().forEach(line -> result.add(line.level() + " " + line.text()));
        return result;
    }

    private static Surroundings surroundings(KernelLog log, Map<String, String> configuration) {
        return new Surroundings(
                log,
                new KernelConfiguration(Generation.LINUX_7_1, configuration),
                ParameterBuilder.FUNCTIONS,
                taint -> {},
                () -> false);
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
        assertThat(parse("bool_p bint_p")).containsExactly("0");
        assertThat(parse("invbool_p"))
                .as("its ops have no KERNEL_PARAM_OPS_FL_NOARG")
                .containsExactly("EINVAL", "3 some: `' invalid for parameter `invbool_p'");
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
                        "3 some: `" + longest.substring(0, 1021 - "some: `".length()));
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

    /** What setters of the module's take, only its code knows; whether they need a value, their ops say. */
    @Test
    void parameterWithItsOwnSetter_takesAnything() {
        assertThat(parse("own_p=x own_flag_p=y own_flag_p")).containsExactly("0");
        assertThat(parse("own_p")).containsExactly("EINVAL", "3 some: `' invalid for parameter `own_p'");
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
    void dynamicDebugging_thatIsNotConfigured_isSaid() {
        KernelLog log = new KernelLog(() -> 0);
        ModuleArguments.parse(
                surroundings(log, Map.of("DYNAMIC_DEBUG", "n")), module("dyndbg=+p some.dyndbg=+p async_probe"));
        assertThat(log.lines().stream().map(KernelLog.Line::text))
                .containsExactly(
                        "dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds",
                        "some: unknown parameter 'some.dyndbg' ignored");
    }

    @Test
    void dynamicDebugging_askedForWrongly_isSaidAndLoadsAllTheSame() {
        assertThat(parse("dyndbg=on"))
                .containsExactly("0", "3 dyndbg: bad flag-op o, at start of on", "3 dyndbg: flags parse failed");
        assertThat(parse("some.dyndbg=\"file a.c +p\"")).containsExactly("0");
    }

    /** In UTF-8, as a shell would pass them: the second byte of this letter is a blank to the kernel, the no-break space of Latin-1. */
    @Test
    void arguments_ofOtherLetters_areTheirBytes() {
        assertThat(parse("int_p=\u00e4"))
                .containsExactly("EINVAL", "3 some: `\u00c3\u00a4' invalid for parameter `int_p'");
        assertThat(parse("charp_p=\u00e0")).containsExactly("0");
        assertThat(parse("charp_p=\u00e0x")).containsExactly("0", "4 some: unknown parameter 'x' ignored");
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
