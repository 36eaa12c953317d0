package org.jkmod.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a module's {@code dyndbg} parameter asks for (lib/dynamic_debug.c): queries of words in pairs, {@code file x.c line 1-9 +p}. Here
 * they switch nothing on; but the kernel says what is wrong with them, and loads the module all the same.
 */
final class DynamicDebugQuery {
    private static final String PREFIX = "dyndbg: ";
    private static final int MAX_WORDS = 9;
    private static final int UNSIGNED_BITS = 32;

    private final KernelLog log;
    private final Generation generation;
    private final Map<String, String> given = new HashMap<>();
    private int firstLine;
    private int lastLine;

    private DynamicDebugQuery(KernelLog log, Generation generation) {
        this.log = log;
        this.generation = generation;
    }

    /** {@code ddebug_exec_queries}: queries are separated by semicolons or newlines. */
    static void check(String queries, KernelLog log, Generation generation) {
        for (String part : queries.split("[;\n]", -1)) {
            String query = skipBlanks(part);
            if (!query.isEmpty() && !query.startsWith("#")) {
                new DynamicDebugQuery(log, generation).check(query);
            }
        }
    }

    /** {@code ddebug_exec_query}: the last word is of flags, and looked at first. */
    private void check(String query) {
        Optional<List<String>> words = words(query);
        if (words.isEmpty() || words.get().isEmpty()) {
            wrong("tokenize failed");
            return;
        }
        int pairs = words.get().size() - 1;
        if (!flags(words.get().get(pairs))) {
            wrong("flags parse failed");
        } else if (!matches(words.get().subList(0, pairs))) {
            wrong("query parse failed");
        }
    }

    /** Prints what is wrong, and is always false. */
    private boolean wrong(String message) {
        log.print(KernelLog.ERR, PREFIX + message);
        return false;
    }

    private Optional<List<String>> words(String query) {
        List<String> words = new ArrayList<>();
        String rest = query;
        while (!rest.isEmpty() && rest.charAt(0) != '#') {
            char quote = rest.charAt(0);
            boolean quoted = quote == '"' || quote == '\'';
            int start = quoted ? 1 : 0;
            int end = start;
            while (end < rest.length() && (quoted ? rest.charAt(end) != quote : !isBlank(rest.charAt(end)))) {
                end++;
            }
            if (quoted && end == rest.length()) {
                wrong("unclosed quote: " + rest.substring(start));
                return Optional.empty();
            }
            if (words.size() == MAX_WORDS) {
                wrong("too many words, legal max <=" + MAX_WORDS);
                return Optional.empty();
            }
            words.add(rest.substring(start, end));
            rest = skipBlanks(rest.substring(Math.min(end + 1, rest.length())));
        }
        return Optional.of(words);
    }

    private boolean flags(String word) {
        char operator = charAt(word, 0);
        if (operator != '+' && operator != '-' && operator != '=') {
            return wrong("bad flag-op " + operator + ", at start of " + word);
        }
        for (int i = 1; i < word.length(); i++) {
            if (generation.dynamicDebugFlags().indexOf(word.charAt(i)) < 0) {
                return wrong("unknown flag '" + word.charAt(i) + "'");
            }
        }
        return true;
    }

    private boolean matches(List<String> words) {
        if (words.size() % 2 != 0) {
            return wrong("expecting pairs of match-spec <value>");
        }
        boolean right = true;
        for (int i = 0; i < words.size() && right; i += 2) {
            String value = words.get(i + 1);
            right = switch (words.get(i)) {
                case "func", "module", "format", "class" -> once(words.get(i), value);
                case "file" -> file(value);
                case "line" -> lines(value);
                default -> wrong("unknown keyword \"" + words.get(i) + "\"");
            };
        }
        return right;
    }

    private boolean once(String keyword, String value) {
        String before = given.put(keyword, value);
        return before == null || wrong("match-spec:" + keyword + " val:" + before + " overridden by " + value);
    }

    /** Behind a colon there may be a function or lines. The colon is there yet while the name is looked at. */
    private boolean file(String value) {
        if (!once("file", value)) {
            return false;
        }
        int colon = value.indexOf(':');
        if (colon < 0) {
            return true;
        }
        given.put("file", value.substring(0, colon));
        String where = value.substring(colon + 1);
        char first = charAt(where, 0);
        boolean letter = Character.isLetter(first) && (first < 0x80 || first >= 0xc0);
        return (letter || first == '*' || first == '?') ? once("func", where) : lines(where);
    }

    private boolean lines(String range) {
        if (firstLine != 0 || lastLine != 0) {
            return wrong("match-spec: line used 2x");
        }
        int dash = range.indexOf('-');
        Optional<Integer> first = line(dash < 0 ? range : range.substring(0, dash));
        if (first.isEmpty()) {
            return false;
        }
        firstLine = first.get();
        lastLine = firstLine;
        if (dash < 0) {
            return true;
        }
        Optional<Integer> last = line(range.substring(dash + 1));
        if (last.isEmpty()) {
            return false;
        }
        lastLine = last.get() == 0 ? -1 : last.get();
        return Integer.compareUnsigned(lastLine, firstLine) >= 0
                || wrong("last-line:" + lastLine + " < 1st-line:" + firstLine);
    }

    private Optional<Integer> line(String text) {
        if (text.isEmpty()) {
            return Optional.of(0);
        }
        Kstrtox.Parsed parsed = Kstrtox.decimal(text, UNSIGNED_BITS);
        if (parsed.error().isPresent()) {
            wrong("bad line-number: " + text);
            return Optional.empty();
        }
        return Optional.of((int) parsed.value());
    }

    private static char charAt(String text, int index) {
        return index < text.length() ? text.charAt(index) : 0;
    }

    private static String skipBlanks(String text) {
        int at = 0;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        return text.substring(at);
    }

    private static boolean isBlank(char c) {
        return ModuleArguments.Splitter.isBlank(c);
    }
}
