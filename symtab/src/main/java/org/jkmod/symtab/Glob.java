package org.jkmod.symtab;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A pattern of names, with the kernel's rules ({@code glob_match()}, lib/glob.c), which a name matches as a whole. Immutable.
 *
 * <ul>
 *   <li>{@code *} is any bytes or none, {@code ?} is one byte;
 *   <li>{@code [a-f_]} is one of some bytes, {@code [!a-f]} one of the others. A {@code ]} that comes first is one of them; so is a {@code
 *       -} that comes first or last. There is nothing special about {@code ^} and a backslash between brackets;
 *   <li>an opening bracket without a closing one is itself;
 *   <li>a backslash takes its meaning from what follows; at the end of the pattern, there is nothing that it stands for.
 * </ul>
 *
 * <p>A name is compared as bytes, a pattern has a character a byte. It takes time in proportion to both lengths, however many stars there
 * are: only the last one needs to be tried again.
 */
public final class Glob {
    /** In {@link #steps}: any bytes; below it, one of a set. Others are a byte itself. */
    private static final int STAR = -1;

    private final String pattern;
    private final int[] steps;
    /** Sets of bytes, a bit each. */
    private final List<long[]> sets;

    private Glob(String pattern, int[] steps, List<long[]> sets) {
        this.pattern = pattern;
        this.steps = steps;
        this.sets = sets;
    }

    /** A pattern. Every text is one; a character above U+00FF matches nothing. */
    public static Glob of(String pattern) {
        return new Parser(pattern).parse();
    }

    /**
     * Whether a name matches. Allocates nothing.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public boolean matches(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int step = 0;
        int at = 0;
        int afterStar = -1;
        int starAt = 0;
        while (at < length) {
            if (step < steps.length && steps[step] == STAR) {
                afterStar = ++step;
                starAt = at;
            } else if (step < steps.length && isOne(steps[step], bytes[offset + at])) {
                step++;
                at++;
            } else if (afterStar >= 0) {
                step = afterStar;
                at = ++starAt;
            } else {
                return false;
            }
        }
        while (step < steps.length && steps[step] == STAR) {
            step++;
        }
        return step == steps.length;
    }

    /** Whether a name matches, a character a byte. */
    public boolean matches(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return NameTable.isLatin1(name) && matches(bytes, 0, bytes.length);
    }

    /** What every name begins with that matches. */
    byte[] prefix() {
        int length = 0;
        while (length < steps.length && steps[length] >= 0 && steps[length] <= 0xff) {
            length++;
        }
        byte[] prefix = new byte[length];
        for (int i = 0; i < length; i++) {
            prefix[i] = (byte) steps[i];
        }
        return prefix;
    }

    private boolean isOne(int step, byte b) {
        int value = b & 0xff;
        return step > STAR ? step == value : (sets.get(STAR - 1 - step)[value / Long.SIZE] >>> value & 1) != 0;
    }

    /** The pattern. */
    @Override
    public String toString() {
        return pattern;
    }

    private static final class Parser {
        private static final long[] ALL = {-1, -1, -1, -1};

        private final String pattern;
        private final int[] steps;
        private final List<long[]> sets = new ArrayList<>();
        private int count;
        private int at;

        Parser(String pattern) {
            this.pattern = pattern;
            steps = new int[pattern.length()];
        }

        Glob parse() {
            while (at < pattern.length()) {
                char c = pattern.charAt(at++);
                switch (c) {
                    case '*' -> steps[count++] = STAR;
                    case '?' -> addSet(ALL);
                    case '[' -> addBrackets();
                    case '\\' -> {
                        if (at < pattern.length()) {
                            steps[count++] = pattern.charAt(at++);
                        }
                    }
                    default -> steps[count++] = c;
                }
            }
            return new Glob(pattern, Arrays.copyOf(steps, count), List.copyOf(sets));
        }

        private void addSet(long[] set) {
            steps[count++] = STAR - 1 - sets.size();
            sets.add(set);
        }

        private void addBrackets() {
            boolean not = at < pattern.length() && pattern.charAt(at) == '!';
            long[] set = new long[ALL.length];
            int i = not ? at + 1 : at;
            do {
                if (i >= pattern.length()) {
                    steps[count++] = '[';
                    return;
                }
                char first = pattern.charAt(i++);
                char last = first;
                if (i + 1 < pattern.length() && pattern.charAt(i) == '-' && pattern.charAt(i + 1) != ']') {
                    last = pattern.charAt(i + 1);
                    i += 2;
                }
                for (int b = first; b <= Math.min(last, 0xff); b++) {
                    set[b / Long.SIZE] |= 1L << b;
                }
            } while (i >= pattern.length() || pattern.charAt(i) != ']');
            at = i + 1;
            for (int i64 = 0; not && i64 < set.length; i64++) {
                set[i64] = ~set[i64];
            }
            addSet(set);
        }
    }
}
