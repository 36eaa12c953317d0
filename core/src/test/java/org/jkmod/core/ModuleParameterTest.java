package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jkmod.core.ModuleArguments.Surroundings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The ops of {@code __param} rows, and what setters write and getters show (kernel/params.c). */
class ModuleParameterTest {
    private static final long OUTSIDE = 0xffff_ffff_8123_4560L;

    private final List<Taint> taints = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private boolean lockedDown;

    /** What a load with these arguments returns: 0 or an errno's name. */
    private String parse(KernelModule module) {
        return parse(module, Generation.LINUX_7_1, ParameterBuilder.FUNCTIONS);
    }

    private String parse(KernelModule module, Generation generation, ParameterFunctions functions) {
        KernelLog log = new KernelLog(() -> 0);
        String result = "0";
        try {
            ModuleArguments.parse(
                    new Surroundings(
                            log,
                            new KernelConfiguration(generation, Map.of()),
                            functions,
                            taints::add,
                            () -> lockedDown),
                    module);
        } catch (LoadProblem e) {
            result = e.problems.get(e.problems.size() - 1).errno().orElseThrow().name();
        }
        messages.clear();
        log.lines().forEach(line -> messages.add(line.level() + " " + line.text()));
        return result;
    }

    private static String value(KernelModule module) {
        return module.parameters().get(0).value().orElse("?");
    }

    /** A parameter p of a type, with an initial value; what is set; what is shown then; the bytes that are in memory then. */
    private record Case(String type, int size, long initial, String arguments, String shown, long bytes) {}

    private static Stream<Case> cases() {
        return Stream.of(
                new Case("byte", 1, 200, "", "200", 200),
                new Case("byte", 1, 0, "p=255", "255", 255),
                new Case("short", 2, 0xffff, "", "-1", 0xffff),
                new Case("short", 2, 0, "p=-32768", "-32768", 0x8000),
                new Case("ushort", 2, 0xffff, "", "65535", 0xffff),
                new Case("int", 4, 0, "p=-2", "-2", 0xffff_fffeL),
                new Case("int", 4, 5, "p=0x10", "16", 16),
                new Case("int", 4, 5, "p=010", "8", 8),
                new Case("uint", 4, 0xffff_ffffL, "", "4294967295", 0xffff_ffffL),
                new Case("hexint", 4, 0, "", "0x000000", 0),
                new Case("hexint", 4, 0, "p=255", "0x0000ff", 255),
                new Case("hexint", 4, 0, "p=0x12345678", "0x12345678", 0x1234_5678),
                new Case("long", 8, 0, "p=-9223372036854775808", "-9223372036854775808", Long.MIN_VALUE),
                new Case("ulong", 8, -1, "", "18446744073709551615", -1),
                new Case("ullong", 8, 0, "p=18446744073709551615", "18446744073709551615", -1),
                new Case("bool", 1, 0, "", "N", 0),
                new Case("bool", 1, 2, "", "Y", 2),
                new Case("bool", 1, 0, "p", "Y", 1),
                new Case("bool", 1, 1, "p=off", "N", 0),
                new Case("bool", 1, 1, "p=disable", "N", 0),
                new Case("invbool", 1, 0, "", "Y", 0),
                new Case("invbool", 1, 0, "p=0", "N", 1),
                new Case("invbool", 1, 1, "p=y", "Y", 0),
                new Case("bint", 4, 7, "", "7", 7),
                new Case("bint", 4, 7, "p", "1", 1),
                new Case("bint", 4, 7, "p=N", "0", 0),
                new Case("bool_enable_only", 1, 0, "p=0", "N", 0),
                new Case("bool_enable_only", 1, 0, "p", "Y", 1),
                new Case("bool_enable_only", 1, 1, "p=1", "Y", 1),
                new Case("charp", 8, 0, "", "(null)", 0),
                new Case("charp", 8, 100, "", "(efault)", 100),
                new Case("charp", 8, -5, "", "(efault)", -5),
                new Case("charp", 8, OUTSIDE, "", "?", OUTSIDE),
                new Case("charp", 8, 0, "p=", "", 0),
                new Case("charp", 8, 0, "p=\"a b\"", "a b", 0),
                new Case("charp", 8, 0, "p=a p=b", "b", 0));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void parameter_ofAStandardType_isWrittenAndShownAsTheKernelDoes(Case c) {
        ParameterBuilder builder = new ParameterBuilder();
        long variable = builder.variable(c.size(), c.initial());
        KernelModule module = builder.add("p", c.type(), variable).build(c.arguments());
        assertThat(parse(module)).isEqualTo("0");
        assertThat(value(module)).isEqualTo(c.shown());
        assertThat(number(module, variable, c.size())).isEqualTo(c.bytes());
        assertThat(module.parameters().get(0).type()).isEqualTo(c.type());
        assertThat(module.parameters().get(0).permissions()).isEqualTo(0444);
    }

    private static long number(KernelModule module, long address, int size) {
        ByteBuffer bytes = module.at(address, size).orElseThrow();
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | (bytes.get(i) & 0xff);
        }
        return value;
    }

    /** kstrtobool of 7.2 knows enable and disable, that of 6.12 does not. */
    @Test
    void enable_isABoolForNewKernelsOnly() {
        ParameterBuilder builder = new ParameterBuilder();
        KernelModule module = builder.add("p", "bool", builder.variable(1, 0)).build("p=enable");
        assertThat(parse(module, Generation.LINUX_6_4, ParameterBuilder.FUNCTIONS))
                .isEqualTo("EINVAL");
        assertThat(parse(module)).isEqualTo("0");
    }

    @Test
    void boolEnableOnly_thatIsSet_cannotBeUnset() {
        ParameterBuilder builder = new ParameterBuilder();
        KernelModule module =
                builder.add("p", "bool_enable_only", builder.variable(1, 1)).build("p=0");
        assertThat(parse(module)).isEqualTo("EROFS");
        assertThat(messages).containsExactly("3 some: `0' invalid for parameter `p'");
    }

    /** What came before an error stays, and what comes after it is set, too. */
    @Test
    void arguments_aroundAnError_areWritten() {
        ParameterBuilder builder = new ParameterBuilder();
        long a = builder.variable(4, 1);
        long b = builder.variable(4, 2);
        KernelModule module = builder.add("a", "int", a).add("b", "int", b).build("a=10 b=x b=20 a=99999999999");
        assertThat(parse(module)).isEqualTo("ERANGE");
        assertThat(number(module, a, 4)).isEqualTo(10);
        assertThat(number(module, b, 4)).isEqualTo(20);
        assertThat(messages)
                .containsExactly(
                        "3 some: `x' invalid for parameter `b'", "3 some: `99999999999' invalid for parameter `a'");
        assertThat(module.parameters()).as("it never came so far").isEmpty();
    }

    @Test
    void charp_ofTheModule_showsItsString() {
        ParameterBuilder builder = new ParameterBuilder();
        long variable = builder.variable(8, builder.string("default"));
        assertThat(shownOf(builder.add("p", "charp", variable).build(""))).isEqualTo("default");
    }

    private String shownOf(KernelModule module) {
        assertThat(parse(module)).as(messages.toString()).isEqualTo("0");
        return value(module);
    }

    // Strings.

    @Test
    void string_copied_isInItsBuffer() {
        ParameterBuilder builder = new ParameterBuilder();
        long buffer = builder.variable(8, 0x6463_6261);
        long arg = builder.buffer(8, buffer);
        assertThat(shownOf(builder.add("p", "string", arg).build(""))).isEqualTo("abcd");
        KernelModule module = builder.build("p=1234567");
        assertThat(shownOf(module)).isEqualTo("1234567");
        assertThat(module.string(buffer, 9)).contains("1234567");
        assertThat(parse(builder.build("p=12345678"))).isEqualTo("ENOSPC");
        assertThat(messages)
                .containsExactly(
                        "3 p: string doesn't fit in 7 chars.", "3 some: `12345678' too large for parameter `p'");
    }

    @Test
    void string_withoutRoom_takesNothing() {
        ParameterBuilder builder = new ParameterBuilder();
        KernelModule module = builder.add("p", "string", builder.buffer(0, 0)).build("p=");
        assertThat(parse(module)).isEqualTo("ENOSPC");
        assertThat(messages)
                .containsExactly(
                        "3 p: string doesn't fit in 4294967295 chars.", "3 some: `' too large for parameter `p'");
    }

    // Arrays.

    private record ArrayCase(int max, boolean counted, String arguments, String result, String shown, int num) {}

    private static Stream<ArrayCase> arrays() {
        return Stream.of(
                new ArrayCase(3, true, "", "0", "", 0),
                new ArrayCase(3, false, "", "0", "7,0,0", 0),
                new ArrayCase(3, true, "p=1,-2", "0", "1,-2", 2),
                new ArrayCase(3, false, "p=1,-2", "0", "1,-2,0", 0),
                new ArrayCase(3, true, "p=1,2,3", "0", "1,2,3", 3),
                new ArrayCase(3, true, "p=1,2,3 p=4", "0", "4", 1),
                new ArrayCase(3, true, "p=1,2,3,4", "EINVAL some: `1' invalid for parameter `p'", "", 3),
                new ArrayCase(3, true, "p=1,x,3", "EINVAL some: `1' invalid for parameter `p'", "", 1),
                new ArrayCase(3, true, "p=1,,3", "EINVAL some: `1' invalid for parameter `p'", "", 1),
                new ArrayCase(3, true, "p=99999,1", "ERANGE some: `99999' invalid for parameter `p'", "", 0),
                new ArrayCase(3, true, "p", "EINVAL some: `' invalid for parameter `p'", "", 0),
                new ArrayCase(0, true, "p=1,2", "EINVAL some: `1,2' invalid for parameter `p'", "", 0),
                new ArrayCase(-1, true, "p=1,2,3", "0", "1,2,3", 3));
    }

    @ParameterizedTest
    @MethodSource("arrays")
    void array_ofShorts_isSetElementByElement(ArrayCase c) {
        ParameterBuilder builder = new ParameterBuilder();
        long num = builder.variable(4, 0);
        long elements = builder.variable(2, 7);
        builder.variable(60, 0);
        long array =
                builder.array(c.max(), 2, c.counted() ? num : 0, ParameterBuilder.address("param_ops_short"), elements);
        KernelModule module = builder.addArray("p", array).build(c.arguments());
        String errno = parse(module);
        if (errno.equals("0")) {
            assertThat(c.result()).isEqualTo("0");
            assertThat(module.parameters())
                    .containsExactly(new ModuleParameter("p", "array of short", 0444, Optional.of(c.shown())));
        } else {
            assertThat(errno + messages.get(messages.size() - 1).substring(1)).isEqualTo(c.result());
        }
        assertThat(number(module, num, 4)).isEqualTo(c.num());
    }

    @Test
    void array_withTooMany_saysHowManyItTakes() {
        for (int max : new int[] {0, 2}) {
            ParameterBuilder builder = new ParameterBuilder();
            long array =
                    builder.array(max, 8, 0, ParameterBuilder.address("param_ops_charp"), builder.variable(8 * 4, 0));
            parse(builder.addArray("p", array).build("p=a,b,c"));
            assertThat(messages.get(0)).isEqualTo("3 p: can only take " + max + " arguments");
        }
    }

    @Test
    void arrayOfCharps_keepsEachString() {
        ParameterBuilder builder = new ParameterBuilder();
        long array = builder.array(3, 8, 0, ParameterBuilder.address("param_ops_charp"), builder.variable(24, 0));
        assertThat(shownOf(builder.addArray("p", array).build("p=a,b"))).isEqualTo("a,b,(null)");
    }

    // Ops of the module's own.

    @Test
    void ownSetter_takesAnything_andItsValueIsUnknown() {
        ParameterBuilder builder = new ParameterBuilder();
        long own = builder.string("code");
        long ops = builder.ops(0, own, own);
        builder.add("p", ops, 0644, 0, builder.variable(4, 5)).parmtype("p:mode");
        KernelModule module = builder.build("p=anything");
        assertThat(parse(module)).isEqualTo("0");
        assertThat(module.parameters()).containsExactly(new ModuleParameter("p", "mode", 0644, Optional.empty()));
        assertThat(module.parameters().get(0)).hasToString("p=? (mode, 0644)");
        assertThat(parse(builder.build("p"))).as("KERNEL_PARAM_OPS_FL_NOARG").isEqualTo("EINVAL");
    }

    @Test
    void ownSetterWithTheKernelsGetter_isShownUntilItIsSet() {
        ParameterBuilder builder = new ParameterBuilder();
        long ops = builder.ops(1, builder.string("code"), ParameterBuilder.address("param_get_int"));
        builder.add("p", ops, 0644, 0, builder.variable(4, 5));
        assertThat(shownOf(builder.build(""))).isEqualTo("5");
        assertThat(shownOf(builder.build("p=6"))).isEqualTo("?");
        assertThat(shownOf(builder.build("p"))).isEqualTo("?");
    }

    @Test
    void ownOpsWithTheKernelsSetter_areThatType() {
        ParameterBuilder builder = new ParameterBuilder();
        long ops =
                builder.ops(1, ParameterBuilder.address("param_set_bool"), ParameterBuilder.address("param_get_bool"));
        builder.add("p", ops, 0644, 0, builder.variable(1, 0));
        assertThat(shownOf(builder.build("p"))).isEqualTo("Y");
        assertThat(parse(builder.build("p=x"))).isEqualTo("EINVAL");
    }

    @Test
    void arrayOfOwnElements_isCountedAllTheSame() {
        ParameterBuilder builder = new ParameterBuilder();
        long own = builder.string("code");
        long array = builder.array(2, 4, 0, builder.ops(0, own, own), builder.variable(8, 0));
        builder.addArray("p", array);
        assertThat(shownOf(builder.build("p=x,y"))).isEqualTo("?");
        assertThat(parse(builder.build("p=x,y,z"))).isEqualTo("EINVAL");
    }

    // Flags.

    @Test
    void unsafeParameter_set_taintsTheKernel() {
        ParameterBuilder builder = new ParameterBuilder();
        long ops = ParameterBuilder.address("param_ops_int");
        builder.add("a_b", ops, 0, 1, builder.variable(4, 0));
        assertThat(parse(builder.build(""))).isEqualTo("0");
        assertThat(parse(builder.build("a-b"))).isEqualTo("EINVAL");
        assertThat(taints).isEmpty();
        assertThat(parse(builder.build("a-b=x"))).isEqualTo("EINVAL");
        assertThat(taints).containsExactly(Taint.USER);
        assertThat(messages)
                .containsExactly(
                        "5 Setting dangerous option a_b - tainting kernel", "3 some: `x' invalid for parameter `a-b'");
    }

    @Test
    void hardwareParameter_ofAKernelLockedDown_isNotPermitted() {
        ParameterBuilder builder = new ParameterBuilder();
        long ops = ParameterBuilder.address("param_ops_int");
        builder.add("io", ops, 0, 3, builder.variable(4, 1));
        assertThat(parse(builder.build("io=2"))).isEqualTo("0");
        lockedDown = true;
        taints.clear();
        KernelModule module = builder.build("io=3");
        assertThat(parse(module)).isEqualTo("EPERM");
        assertThat(messages).containsExactly("3 some: `3' invalid for parameter `io'");
        assertThat(taints).isEmpty();
    }

    // What no compiler makes.

    @Test
    void types_ofAKernelThatDoesNotSayWhereItsOpsAre_areThoseOfModinfo() {
        ParameterBuilder builder = new ParameterBuilder();
        builder.add("p", OUTSIDE, 0, 0, builder.variable(4, 6)).parmtype("p:int");
        KernelModule module = builder.build("");
        assertThat(parse(module, Generation.LINUX_6_1, ParameterFunctions.NONE)).isEqualTo("0");
        assertThat(value(module)).isEqualTo("6");
        assertThat(shownOf(builder.build(""))).as("the ops are wild").isEqualTo("?");
    }

    @Test
    void wildPointers_areNotFollowed() {
        ParameterBuilder builder = new ParameterBuilder();
        long ints = ParameterBuilder.address("param_ops_int");
        long strings = ParameterBuilder.address("param_ops_string");
        long arrays = ParameterBuilder.address("param_array_ops");
        builder.add("ops", OUTSIDE, 0, 0, OUTSIDE)
                .add("null", 0, 0, 0, 0)
                .add("arg", ints, 0, 0, OUTSIDE)
                .add("edge", ints, 0, 0, ParameterBuilder.DATA + 0x8000 - 3)
                .add("constant", ints, 0, 0, ParameterBuilder.RODATA)
                .add("desc", strings, 0, 0, OUTSIDE)
                .add("buffer", strings, 0, 0, builder.buffer(-1, OUTSIDE))
                .add("array", arrays, 0, 0, OUTSIDE)
                .add("elements", arrays, 0, 0, builder.array(-1, -1, OUTSIDE, ints, OUTSIDE))
                .add("nested", arrays, 0, 0, builder.array(2, 0, 0, arrays, ParameterBuilder.RODATA))
                .add("", ints, 0, 0, 0)
                .tableBytes(40 * 11 + 39);
        StringBuilder arguments = new StringBuilder();
        for (String name : "ops null arg edge desc constant buffer array elements nested".split(" ", -1)) {
            arguments.append(name).append("=1 ");
        }
        KernelModule module = builder.build(arguments.toString());
        assertThat(parse(module)).as(messages.toString()).isEqualTo("0");
        assertThat(module.parameters()).hasSize(10);
        assertThat(module.parameters().stream()
                        .filter(p -> !p.name().equals("constant"))
                        .map(ModuleParameter::value))
                .allMatch(Optional::isEmpty);
        assertThat(parse(builder.build("arg=x"))).as("still a number").isEqualTo("EINVAL");
    }

    /** The kernel's getters have a page. */
    @Test
    void hugeArray_isShownToTheEndOfAPage() {
        ParameterBuilder builder = new ParameterBuilder();
        long array = builder.array(-1, 0, 0, ParameterBuilder.address("param_ops_byte"), builder.variable(1, 9));
        assertThat(shownOf(builder.addArray("p", array).build("")))
                .hasSize(4095)
                .startsWith("9,9,9");
    }

    @Test
    void randomTables_neverFailOtherwiseThanALoad() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long[] addresses = {0, OUTSIDE, ParameterBuilder.RODATA, ParameterBuilder.DATA, -1, Long.MIN_VALUE};
        String[] symbols = {"param_ops_string", "param_array_ops", "param_ops_charp", "param_ops_long"};
        for (int i = 0; i < 2000; i++) {
            ParameterBuilder builder = new ParameterBuilder();
            for (int j = 0; j < 200; j++) {
                builder.variable(
                        8,
                        random.nextInt(4) == 0
                                ? ParameterBuilder.address(symbols[random.nextInt(symbols.length)])
                                : addresses[random.nextInt(addresses.length)] + random.nextInt(2000) - 100);
            }
            for (int j = 0; j < 4; j++) {
                builder.add(
                        "p" + j,
                        ParameterBuilder.address(symbols[random.nextInt(symbols.length)]),
                        0,
                        0,
                        ParameterBuilder.DATA + random.nextInt(1600));
            }
            KernelModule module = builder.build("p0=1,2 p1=3 p2=x p3=\"\"");
            assertThat(parse(module)).as("seed " + seed).isNotEmpty();
        }
    }
}
