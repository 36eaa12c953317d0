package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.PatternSyntaxException;

/**
 * An extended regular expression of POSIX (regex(7)), which only says whether text has a match. Java's own would take exponential time
 * for some. Each part of the expression goes from a set of places in the text, where it may begin, to the set of those where it may
 * end: there is no way back. Immutable.
 */
final class PosixExpression {
    /** How long it may be; those of distributions have some dozen characters. */
    private static final int MAX_LENGTH = 1 << 12;

    /** How deep parentheses and repetitions may be in each other. */
    private static final int MAX_DEPTH = 64;

    /** Largest number of a repetition: {@code RE_DUP_MAX} of glibc. */
    private static final int MAX_REPETITION = 0x7fff;

    /** How many parts are tried; of a thing such as {@code 6\.[0-9]+} and a kernel's release, some dozen. */
    private static final int MAX_STEPS = 1 << 16;

    private static final Map<String, IntPredicate> CLASSES = Map.ofEntries(
            Map.entry("alpha", PosixExpression::isLetter),
            Map.entry("digit", c -> c >= '0' && c <= '9'),
            Map.entry("alnum", c -> isLetter(c) || (c >= '0' && c <= '9')),
            Map.entry("upper", c -> c >= 'A' && c <= 'Z'),
            Map.entry("lower", c -> c >= 'a' && c <= 'z'),
            Map.entry("punct", c -> c > ' ' && c < 0x7f && !isLetter(c) && (c < '0' || c > '9')),
            Map.entry("graph", c -> c > ' ' && c < 0x7f),
            Map.entry("print", c -> c >= ' ' && c < 0x7f),
            Map.entry("blank", c -> c == ' ' || c == '\t'),
            Map.entry("cntrl", c -> c < ' ' || c == 0x7f),
            Map.entry("xdigit", c -> Character.digit(c, 16) >= 0 && c < 0x7f),
            Map.entry("space", c -> c == ' ' || (c >= '\t' && c <= '\r')));

    /** Too many steps were needed. */
    static final class TooCostlyException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Text that is looked through, and how much has been done. */
    private static final class Search {
        final String text;
        private int steps;

        Search(String text) {
            this.text = text;
        }

        BitSet step(Part part, BitSet from) {
            if (++steps > MAX_STEPS) {
                throw new TooCostlyException();
            }
            return from.isEmpty() ? from : part.ends(this, from);
        }
    }

    /** A part of an expression. */
    private interface Part {
        /** Where it may end, if it begins at one of these places; they must not be changed. */
        BitSet ends(Search search, BitSet from);
    }

    private record One(IntPredicate is) implements Part {
        @Override
        public BitSet ends(Search search, BitSet from) {
            BitSet to = new BitSet();
            from.stream()
                    .filter(i -> i < search.text.length() && is.test(search.text.charAt(i)))
                    .forEach(i -> to.set(i + 1));
            return to;
        }
    }

    /** {@code ^} or {@code $}. */
    private record Anchor(boolean atEnd) implements Part {
        @Override
        public BitSet ends(Search search, BitSet from) {
            BitSet to = new BitSet();
            int only = atEnd ? search.text.length() : 0;
            to.set(only, from.get(only));
            return to;
        }
    }

    private record Sequence(List<Part> parts) implements Part {
        @Override
        public BitSet ends(Search search, BitSet from) {
            BitSet at = from;
            for (Part part : parts) {
                at = search.step(part, at);
            }
            return at;
        }
    }

    private record Alternatives(List<Part> parts) implements Part {
        @Override
        public BitSet ends(Search search, BitSet from) {
            BitSet to = new BitSet();
            parts.forEach(part -> to.or(search.step(part, from)));
            return to;
        }
    }

    /** {@code max} is {@link Integer#MAX_VALUE} without a bound. */
    private record Repetition(Part part, int min, int max) implements Part {
        @Override
        public BitSet ends(Search search, BitSet from) {
            BitSet at = from;
            // After so many as there are places, one more goes from and to the same.
            int most = search.text.length() + 1;
            for (int i = 0; i < Math.min(min, most); i++) {
                at = search.step(part, at);
            }
            BitSet to = (BitSet) at.clone();
            for (int i = min; i < max; i++) {
                at = search.step(part, at);
                int before = to.cardinality();
                to.or(at);
                if (to.cardinality() == before) {
                    break;
                }
            }
            return to;
        }
    }

    private final String expression;
    private int at;
    private final Part whole;

    private PosixExpression(String expression) {
        this.expression = expression;
        if (expression.length() > MAX_LENGTH) {
            throw wrong("more than " + MAX_LENGTH + " characters");
        }
        this.whole = alternatives(0);
    }

    /**
     * Compiles an expression.
     *
     * @throws PatternSyntaxException if it is none
     */
    static PosixExpression compile(String expression) {
        return new PosixExpression(expression);
    }

    /**
     * Whether a part of some text matches.
     *
     * @throws TooCostlyException if that takes too long to know
     */
    boolean isIn(String text) {
        BitSet everywhere = new BitSet();
        everywhere.set(0, text.length() + 1);
        return !new Search(text).step(whole, everywhere).isEmpty();
    }

    private Part alternatives(int depth) {
        if (depth > MAX_DEPTH) {
            throw wrong("parentheses too deep");
        }
        List<Part> parts = new ArrayList<>();
        parts.add(sequence(depth));
        while (is('|')) {
            at++;
            parts.add(sequence(depth));
        }
        return parts.size() == 1 ? parts.get(0) : new Alternatives(List.copyOf(parts));
    }

    private Part sequence(int depth) {
        List<Part> parts = new ArrayList<>();
        // Outside of parentheses the closing one is as any other.
        while (at < expression.length() && !is('|') && !(is(')') && depth > 0)) {
            Part part = atom(depth);
            for (int times = 0; at < expression.length() && "*+?{".indexOf(expression.charAt(at)) >= 0; times++) {
                if (times + depth > MAX_DEPTH) {
                    throw wrong("repetitions too deep");
                }
                part = repetition(part);
            }
            parts.add(part);
        }
        return new Sequence(List.copyOf(parts));
    }

    private Part atom(int depth) {
        char c = expression.charAt(at++);
        switch (c) {
            case '(' -> {
                Part inner = alternatives(depth + 1);
                if (!is(')')) {
                    throw wrong("a parenthesis without its other");
                }
                at++;
                return inner;
            }
            case '[' -> {
                return new One(brackets());
            }
            case '.' -> {
                return new One(any -> true);
            }
            case '^', '$' -> {
                return new Anchor(c == '$');
            }
            case '*', '+', '?', '{' -> throw wrong("nothing to repeat");
            case '\\' -> {
                if (at == expression.length()) {
                    throw wrong("a backslash at the end");
                }
                char escaped = expression.charAt(at++);
                return new One(other -> other == escaped);
            }
            default -> {
                return new One(other -> other == c);
            }
        }
    }

    private Part repetition(Part part) {
        char c = expression.charAt(at++);
        if (c != '{') {
            return new Repetition(part, c == '+' ? 1 : 0, c == '?' ? 1 : Integer.MAX_VALUE);
        }
        int min = is(',') ? 0 : number();
        int max = min;
        if (is(',')) {
            at++;
            max = is('}') ? Integer.MAX_VALUE : number();
        }
        if (!is('}') || max < min) {
            throw wrong("a bad number of repetitions");
        }
        at++;
        return new Repetition(part, min, max);
    }

    private int number() {
        int from = at;
        int value = 0;
        while (at < expression.length() && Character.digit(expression.charAt(at), 10) >= 0) {
            value = value * 10 + Character.digit(expression.charAt(at++), 10);
            if (value > MAX_REPETITION) {
                throw wrong("too many repetitions");
            }
        }
        if (at == from) {
            throw wrong("no number of repetitions");
        }
        return value;
    }

    /** What is between brackets: the first, if it is the closing one, and backslashes stand for themselves. */
    private IntPredicate brackets() {
        boolean isInverted = is('^');
        at += isInverted ? 1 : 0;
        IntPredicate is = c -> false;
        for (boolean first = true; first || !is(']'); first = false) {
            if (at >= expression.length()) {
                throw wrong("a bracket without its other");
            }
            is = is.or(member());
        }
        at++;
        return isInverted ? is.negate() : is;
    }

    private IntPredicate member() {
        char low = expression.charAt(at);
        int end = low == '[' ? expression.indexOf(":]", at + 2) : -1;
        if (end > 0 && expression.charAt(at + 1) == ':') {
            IntPredicate named = CLASSES.get(expression.substring(at + 2, end));
            if (named == null) {
                throw wrong("a class that is not known");
            }
            at = end + 2;
            return named;
        }
        at++;
        if (!is('-') || at + 1 >= expression.length() || expression.charAt(at + 1) == ']') {
            return c -> c == low;
        }
        char high = expression.charAt(at + 1);
        at += 2;
        if (high < low) {
            throw wrong("a range that ends before it begins");
        }
        return c -> c >= low && c <= high;
    }

    private boolean is(char c) {
        return at < expression.length() && expression.charAt(at) == c;
    }

    private static boolean isLetter(int c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    private PatternSyntaxException wrong(String what) {
        return new PatternSyntaxException(what, expression, at);
    }
}
