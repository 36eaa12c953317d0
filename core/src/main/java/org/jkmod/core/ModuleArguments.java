package org.jkmod.core;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jkmod.core.Problem.Kind;

/**
 * A module's parameters as it was given them ({@code parse_args}, {@code param_set_*}, kernel/params.c): known or not, and of the right
 * type. Which there are, its {@code __param} table says; of what type, {@code parmtype} entries of {@code .modinfo}.
 */
final class ModuleArguments {
    /** {@code sizeof(struct kernel_param)}; the name is at 0, the pointer to the variable, or to what describes it, at 32. */
    private static final int KERNEL_PARAM = 40;

    private static final int KERNEL_PARAM_ARG = 32;

    /** The longest {@code charp}. */
    private static final int MAX_CHARP = 1024;

    private static final BigInteger MAX_U64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    /** The range of an integer parameter type. */
    private record IntegerType(int bits, boolean signed) {
        boolean holds(BigInteger value) {
            return signed ? value.bitLength() < bits : value.signum() >= 0 && value.bitLength() <= bits;
        }
    }

    private static final Map<String, IntegerType> INTEGERS = Map.of(
            "byte", new IntegerType(8, false),
            "short", new IntegerType(16, true),
            "ushort", new IntegerType(16, false),
            "int", new IntegerType(32, true),
            "uint", new IntegerType(32, false),
            "hexint", new IntegerType(32, false),
            "long", new IntegerType(64, true),
            "ulong", new IntegerType(64, false),
            "ullong", new IntegerType(64, false));

    private static final Set<String> BOOLEANS = Set.of("bool", "invbool", "bint");
    private static final String ARRAY = "array of ";
    private static final String STRING = "string";
    private static final String DYNAMIC_DEBUG = "dyndbg";

    /**
     * A parameter.
     *
     * @param name its name as the module spells it
     * @param type empty for one with a setter of its own
     * @param limit how many elements an array has, or a string characters with the NUL
     */
    private record Parameter(String name, String type, OptionalInt limit) {}

    /** A word of the arguments: {@code name=value}, or a name alone. */
    record Word(String name, Optional<String> value) {}

    private final KernelLog log;
    private final String module;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();

    private ModuleArguments(KernelLog log, KernelModule module) {
        this.log = log;
        this.module = module.name();
        Map<String, String> types = new HashMap<>();
        for (String entry : module.modinfo().all("parmtype")) {
            String[] nameAndType = entry.split(":", 2);
            types.putIfAbsent(nameAndType[0], nameAndType.length == 2 ? nameAndType[1] : "");
        }
        ByteBuffer table = module.section("__param").orElseGet(() -> ByteBuffer.allocate(0));
        for (int at = 0; at + KERNEL_PARAM <= table.limit(); at += KERNEL_PARAM) {
            long described = table.getLong(at + KERNEL_PARAM_ARG);
            module.string(table.getLong(at)).ifPresent(name -> {
                String type = types.getOrDefault(name, "");
                OptionalInt limit =
                        type.startsWith(ARRAY) || type.equals(STRING) ? module.word(described) : OptionalInt.empty();
                parameters.putIfAbsent(dashless(name), new Parameter(name, type, limit));
            });
        }
    }

    /** Looks at every parameter; as in the kernel all are tried, and the last one that is wrong decides what the load returns. */
    static void parse(KernelLog log, KernelModule module) {
        if (!module.arguments().isEmpty()) {
            new ModuleArguments(log, module).parse(module.arguments());
        }
    }

    private void parse(String arguments) {
        List<Problem> problems = new ArrayList<>();
        Splitter splitter = new Splitter(arguments);
        while (splitter.hasNext()) {
            Word word = splitter.next();
            if (word.equals(Splitter.END)) {
                if (problems.isEmpty()) {
                    log.print(KernelLog.WARNING, module + ": parameters '" + splitter.rest() + "' after `--' ignored");
                }
                break;
            }
            Parameter parameter = parameters.get(dashless(word.name()));
            if (parameter == null) {
                unknown(word.name());
            } else {
                set(parameter, word.value()).ifPresent(wrong -> problems.add(problem(parameter, word, wrong)));
            }
        }
        if (!problems.isEmpty()) {
            throw LoadProblem.printed(problems);
        }
    }

    /** {@code unknown_module_param_cb}: what is meant for dynamic debugging may have any module's name before it. */
    private void unknown(String name) {
        int point = name.indexOf('.');
        if (!name.equals("async_probe") && !name.substring(point + 1).equals(DYNAMIC_DEBUG)) {
            String shown = point < 0 ? name : name.substring(0, point);
            log.print(KernelLog.WARNING, module + ": unknown parameter '" + shown + "' ignored");
        }
    }

    private Problem problem(Parameter parameter, Word word, Errno wrong) {
        String value = word.value().orElse("");
        int comma = value.indexOf(',');
        if (comma >= 0 && parameter.type().startsWith(ARRAY)) {
            // The kernel writes NULs over the commas.
            value = value.substring(0, comma);
        }
        String message = module + ": `" + value + "' " + (wrong == Errno.ENOSPC ? "too large" : "invalid")
                + " for parameter `" + word.name() + "'";
        log.print(KernelLog.ERR, message);
        return new Problem(
                Kind.PARAMETER,
                wrong,
                message,
                "the parameter " + parameter.name() + " is of type " + parameter.type(),
                "give it a value of that type");
    }

    private Optional<Errno> set(Parameter parameter, Optional<String> value) {
        String type = parameter.type();
        if (value.isEmpty()) {
            // Only a bool may stand without a value: it is true then. A setter of the module's own may allow it.
            return BOOLEANS.contains(type) || type.isEmpty() ? Optional.empty() : Optional.of(Errno.EINVAL);
        }
        if (!type.startsWith(ARRAY)) {
            return check(parameter, type, value.get());
        }
        String[] elements = value.get().split(",", -1);
        for (int i = 0; i < elements.length; i++) {
            if (parameter.limit().isPresent() && i == parameter.limit().getAsInt()) {
                log.print(KernelLog.ERR, parameter.name() + ": can only take " + i + " arguments");
                return Optional.of(Errno.EINVAL);
            }
            Optional<Errno> wrong = check(parameter, type.substring(ARRAY.length()), elements[i]);
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        return Optional.empty();
    }

    private Optional<Errno> check(Parameter parameter, String type, String value) {
        if (BOOLEANS.contains(type)) {
            return isBoolean(value) ? Optional.empty() : Optional.of(Errno.EINVAL);
        }
        if (type.equals("charp") && value.length() > MAX_CHARP) {
            log.print(KernelLog.ERR, parameter.name() + ": string parameter too long");
            return Optional.of(Errno.ENOSPC);
        }
        if (type.equals(STRING)
                && parameter.limit().isPresent()
                && Integer.compareUnsigned(value.length(), parameter.limit().getAsInt()) >= 0) {
            String most = Integer.toUnsignedString(parameter.limit().getAsInt() - 1);
            log.print(KernelLog.ERR, parameter.name() + ": string doesn't fit in " + most + " chars.");
            return Optional.of(Errno.ENOSPC);
        }
        IntegerType integer = INTEGERS.get(type);
        // Other types have setters of the module's own, which only running it could ask.
        return integer == null ? Optional.empty() : checkInteger(integer, value);
    }

    /** {@code kstrtobool}: the first letter counts, of {@code on} and {@code off} the second. */
    private static boolean isBoolean(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        return (!lower.isEmpty() && "yt1nf0".indexOf(lower.charAt(0)) >= 0)
                || lower.startsWith("on")
                || lower.startsWith("of");
    }

    /** {@code kstrtoint} and its kin: base 16 after 0x and a digit, 8 after 0, else 10; one newline may end the number. */
    private static Optional<Errno> checkInteger(IntegerType type, String value) {
        String digits = value;
        boolean negative = type.signed() && digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int base = 10;
        if (digits.length() > 2
                && digits.toLowerCase(Locale.ROOT).startsWith("0x")
                && digit(digits.charAt(2), 16) >= 0) {
            base = 16;
            digits = digits.substring(2);
        } else if (digits.startsWith("0")) {
            base = 8;
        }
        int end = 0;
        BigInteger number = BigInteger.ZERO;
        while (end < digits.length() && digit(digits.charAt(end), base) >= 0) {
            int digit = digit(digits.charAt(end), base);
            number = number.min(MAX_U64).multiply(BigInteger.valueOf(base)).add(BigInteger.valueOf(digit));
            end++;
        }
        if (number.compareTo(MAX_U64) > 0) {
            return Optional.of(Errno.ERANGE);
        }
        if (end == 0
                || !(digits.substring(end).isEmpty() || digits.substring(end).equals("\n"))) {
            return Optional.of(Errno.EINVAL);
        }
        return type.holds(negative ? number.negate() : number) ? Optional.empty() : Optional.of(Errno.ERANGE);
    }

    private static int digit(char c, int base) {
        return c < 0x80 ? Character.digit(c, base) : -1;
    }

    private static String dashless(String name) {
        return name.replace('-', '_');
    }

    /**
     * Splits arguments as {@code next_arg} does (lib/cmdline.c): at blanks outside of double quotes. Quotes around a whole word or a
     * whole value go, others stay; a word that begins with {@code =} has no value.
     */
    static final class Splitter {
        /** The word behind which nothing is looked at. */
        static final Word END = new Word("--", Optional.empty());

        private final String text;
        private int at;

        Splitter(String text) {
            int nul = text.indexOf('\0');
            this.text = nul < 0 ? text : text.substring(0, nul);
            skipBlanks();
        }

        boolean hasNext() {
            return at < text.length();
        }

        /** What has not been split yet. */
        String rest() {
            return text.substring(at);
        }

        Word next() {
            boolean quoted = text.charAt(at) == '"';
            int start = quoted ? at + 1 : at;
            boolean inQuotes = quoted;
            int equals = start;
            int end = start;
            for (; end < text.length() && (inQuotes || !isBlank(text.charAt(end))); end++) {
                if (equals == start && text.charAt(end) == '=') {
                    equals = end;
                }
                if (text.charAt(end) == '"') {
                    inQuotes = !inQuotes;
                }
            }
            at = end;
            skipBlanks();
            boolean endsWithQuote = end > start && text.charAt(end - 1) == '"';
            if (equals == start) {
                return new Word(text.substring(start, quoted && endsWithQuote ? end - 1 : end), Optional.empty());
            }
            int value = equals + 1;
            boolean quotedValue = value < end && text.charAt(value) == '"';
            if (quotedValue) {
                value++;
            }
            if ((quoted || quotedValue) && endsWithQuote) {
                end = Math.max(value, end - 1);
            }
            return new Word(text.substring(start, equals), Optional.of(text.substring(value, end)));
        }

        private void skipBlanks() {
            while (at < text.length() && isBlank(text.charAt(at))) {
                at++;
            }
        }

        /** {@code isspace}: also the no-break space of Latin-1. */
        private static boolean isBlank(char c) {
            return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
        }
    }
}
