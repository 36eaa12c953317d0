package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jkmod.core.ParameterMemory.Outcome;
import org.jkmod.core.ParameterTable.Row;
import org.jkmod.core.Problem.Kind;

/**
 * A module's parameters set as it was given them ({@code parse_args} and {@code parse_one}, kernel/params.c): which there are, its
 * {@code __param} table says, and of what type, the setters that its rows point to.
 *
 * <p>All arguments are tried and all errors printed; the last one decides what the load returns. What was set before or after an error
 * stays set, though nobody sees it any more.
 *
 * <p>A row's level plays no part here: a load parses all levels, -32768 to 32767.
 */
final class ModuleArguments {
    private static final String DYNAMIC_DEBUG = "dyndbg";

    /**
     * The kernel around the module.
     *
     * @param log where messages go
     * @param kernel what it does and what it is configured to
     * @param functions its setters and getters
     * @param taint taints the kernel, and not the module
     * @param lockedDown {@code security_locked_down(LOCKDOWN_MODULE_PARAMETERS)}: whether hardware parameters are refused; it says so
     */
    record Surroundings(
            KernelLog log,
            KernelConfiguration kernel,
            ParameterFunctions functions,
            Consumer<Taint> taint,
            BooleanSupplier lockedDown) {}

    /** A word of the arguments: {@code name=value}, or a name alone. */
    record Word(String name, Optional<String> value) {}

    private final Surroundings surroundings;
    private final KernelLog log;
    private final String module;
    private final ParameterMemory memory;
    private final Map<String, Row> rows = new LinkedHashMap<>();

    private ModuleArguments(Surroundings surroundings, KernelModule module, List<Row> table, ParameterMemory memory) {
        this.surroundings = surroundings;
        this.log = surroundings.log();
        this.module = module.name();
        this.memory = memory;
        table.forEach(row -> rows.putIfAbsent(dashless(row.name()), row));
    }

    /**
     * Sets a module's parameters, and lets it know what they are.
     *
     * @throws LoadProblem if an argument is wrong
     */
    static void parse(Surroundings surroundings, KernelModule module) {
        List<Row> table = ParameterTable.read(module, surroundings.functions());
        ParameterMemory memory =
                new ParameterMemory(surroundings.log(), surroundings.kernel().generation(), module);
        if (!module.arguments().isEmpty()) {
            // a char is a byte from here on
            byte[] bytes = module.arguments().getBytes(StandardCharsets.UTF_8);
            new ModuleArguments(surroundings, module, table, memory)
                    .parse(new String(bytes, StandardCharsets.ISO_8859_1));
        }
        List<ModuleParameter> parameters = new ArrayList<>(table.size());
        for (Row row : table) {
            parameters.add(new ModuleParameter(row.name(), row.type(), row.permissions(), memory.show(row)));
        }
        module.parameters(parameters);
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
            Row row = rows.get(dashless(word.name()));
            if (row == null) {
                unknown(word);
            } else {
                Outcome outcome = set(row, word.value());
                outcome.error().ifPresent(error -> problems.add(problem(row, word, outcome.text(), error)));
            }
        }
        if (!problems.isEmpty()) {
            throw LoadProblem.printed(problems);
        }
    }

    /** {@code unknown_module_param_cb}: what is meant for dynamic debugging may have any module's name before it. */
    private void unknown(Word word) {
        String name = word.name();
        if (name.equals("async_probe")) {
            return;
        }
        if (!surroundings.kernel().isSet("DYNAMIC_DEBUG", true)) {
            log.print(
                    KernelLog.WARNING,
                    name.equals(DYNAMIC_DEBUG)
                            ? "dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds"
                            : module + ": unknown parameter '" + name + "' ignored");
            return;
        }
        int point = name.indexOf('.');
        if (name.substring(point + 1).equals(DYNAMIC_DEBUG)) {
            word.value()
                    .ifPresent(queries -> DynamicDebugQuery.check(
                            queries, log, surroundings.kernel().generation()));
        } else {
            String shown = point < 0 ? name : name.substring(0, point);
            log.print(KernelLog.WARNING, module + ": unknown parameter '" + shown + "' ignored");
        }
    }

    /** {@code parse_one} of a parameter that there is. */
    private Outcome set(Row row, Optional<String> value) {
        if (value.isEmpty() && !row.ops().standsWithoutValue()) {
            return new Outcome(Optional.of(Errno.EINVAL), "");
        }
        if (row.isHardware() && surroundings.lockedDown().getAsBoolean()) {
            return new Outcome(Optional.of(Errno.EPERM), value.orElse(""));
        }
        if (row.isUnsafe()) {
            log.print(KernelLog.NOTICE, "Setting dangerous option " + row.name() + " - tainting kernel");
            surroundings.taint().accept(Taint.USER);
        }
        return memory.set(row, value);
    }

    private Problem problem(Row row, Word word, String value, Errno error) {
        String message = module + ": `" + value + "' " + (error == Errno.ENOSPC ? "too large" : "invalid")
                + " for parameter `" + word.name() + "'";
        log.print(KernelLog.ERR, message);
        return new Problem(
                Kind.PARAMETER,
                error,
                message,
                error == Errno.EPERM
                        ? "a kernel that is locked down does not let the parameter " + row.name() + " be set"
                        : "the parameter " + row.name() + " is of type " + row.type(),
                error == Errno.EPERM ? "leave it out" : "give it a value of that type");
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
        static boolean isBlank(char c) {
            return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
        }
    }
}
