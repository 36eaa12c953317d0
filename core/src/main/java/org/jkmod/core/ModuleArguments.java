package org.jkmod.core;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jkmod.core.Problem.Kind;

/**
 * A module's parameters as it was given them ({@code parse_args}, {@code param_set_*}, kernel/params.c): known or not, and of the right
 * type. Their types are those that {@code parmtype} entries of {@code .modinfo} say.
 */
final class ModuleArguments {
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

    private static final Set<String> BOOLEANS = Set.of("bool", "invbool");
    private static final String ARRAY = "array of ";

    private final KernelLog log;
    private final String module;
    private final Map<String, String> types = new HashMap<>();

    private ModuleArguments(KernelLog log, KernelModule module) {
        this.log = log;
        this.module = module.name();
        for (String entry : module.modinfo().all("parmtype")) {
            String[] nameAndType = entry.split(":", 2);
            types.put(dashless(nameAndType[0]), nameAndType.length == 2 ? nameAndType[1] : "");
        }
    }

    /** Looks at every parameter; as in the kernel all are tried, and the last one that is wrong decides what the load returns. */
    static void parse(KernelLog log, KernelModule module) {
        new ModuleArguments(log, module).parse(module.arguments());
    }

    private void parse(String arguments) {
        List<Problem> problems = new ArrayList<>();
        for (String word : split(arguments)) {
            if (word.equals("--")) {
                break;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Optional<String> value = equals < 0 ? Optional.empty() : Optional.of(word.substring(equals + 1));
            String type = types.get(dashless(name));
            if (type == null) {
                if (!name.equals("async_probe") && !name.equals("dyndbg")) {
                    log.print(KernelLog.WARNING, module + ": unknown parameter '" + name + "' ignored");
                }
                continue;
            }
            Optional<Errno> wrong = value.isEmpty() ? missing(type) : check(type, value.get());
            if (wrong.isPresent()) {
                String message = module + ": `" + value.orElse("") + "' invalid for parameter `" + name + "'";
                log.print(KernelLog.ERR, message);
                problems.add(new Problem(
                        Kind.PARAMETER,
                        wrong.get(),
                        message,
                        "the parameter " + name + " is of type " + type,
                        "give it a value of that type"));
            }
        }
        if (!problems.isEmpty()) {
            throw LoadProblem.printed(problems);
        }
    }

    /** Only a bool may stand without a value: it is true then. */
    private static Optional<Errno> missing(String type) {
        return BOOLEANS.contains(type) ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    private static Optional<Errno> check(String type, String value) {
        if (type.startsWith(ARRAY)) {
            for (String element : value.split(",", -1)) {
                Optional<Errno> wrong = check(type.substring(ARRAY.length()), element);
                if (wrong.isPresent()) {
                    return wrong;
                }
            }
            return Optional.empty();
        }
        if (BOOLEANS.contains(type)) {
            return isBoolean(value) ? Optional.empty() : Optional.of(Errno.EINVAL);
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

    /** {@code kstrtoint} and its kin: base 16 after 0x, 8 after 0, else 10. */
    private static Optional<Errno> checkInteger(IntegerType type, String value) {
        String digits = value;
        boolean negative = false;
        if (digits.startsWith("+") || (type.signed() && digits.startsWith("-"))) {
            negative = digits.startsWith("-");
            digits = digits.substring(1);
        }
        int base = 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            base = 16;
            digits = digits.substring(2);
        } else if (digits.startsWith("0")) {
            base = 8;
        }
        if (digits.isEmpty() || digits.chars().anyMatch(c -> c > 'f' || c == '+' || c == '-')) {
            return Optional.of(Errno.EINVAL);
        }
        try {
            BigInteger number = new BigInteger(digits, base);
            return type.holds(negative ? number.negate() : number) ? Optional.empty() : Optional.of(Errno.ERANGE);
        } catch (NumberFormatException e) {
            return Optional.of(Errno.EINVAL);
        }
    }

    private static String dashless(String name) {
        return name.replace('-', '_');
    }

    /** Splits arguments as {@code next_arg} does: at blanks outside of double quotes, which go. */
    static List<String> split(String arguments) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < arguments.length(); i++) {
            char c = arguments.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (Character.isWhitespace(c) && !quoted) {
                if (word.length() > 0) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                word.append(c);
            }
        }
        if (word.length() > 0) {
            words.add(word.toString());
        }
        return words;
    }
}
