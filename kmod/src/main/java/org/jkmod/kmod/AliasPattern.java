package org.jkmod.kmod;

import java.util.Optional;

/**
 * A pattern of modules.alias: {@code *}, {@code ?}, {@code [a-f0-9]}, {@code [!x]} and a backslash mean what they mean to fnmatch(3)
 * without flags. Dashes and underscores are the same but between brackets.
 */
final class AliasPattern {
    private AliasPattern() {}

    /**
     * Underscores for dashes, but between brackets. A bracket without its other half is left as it is: what comes behind an opening one
     * keeps its dashes.
     */
    static String underscores(String alias) {
        StringBuilder result = new StringBuilder(alias);
        boolean between = false;
        for (int i = 0; i < result.length(); i++) {
            char c = result.charAt(i);
            if (c == '[' || c == ']') {
                between = c == '[';
            } else if (c == '-' && !between) {
                result.setCharAt(i, '_');
            }
        }
        return result.toString();
    }

    /** The same; empty if there is a bracket without its other half: kmod does not take such a name. */
    static Optional<String> normalized(String alias) {
        for (int i = 0; i < alias.length(); i++) {
            char c = alias.charAt(i);
            if (c == '[') {
                i = alias.indexOf(']', i);
            }
            if (c == ']' || i < 0) {
                return Optional.empty();
            }
        }
        return Optional.of(underscores(alias));
    }

    /** Whether all of a text matches. A star takes as little as it can, and more if what follows does not match: only the last counts. */
    static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int starText = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = ++p;
                starText = t;
                continue;
            }
            int next = p < pattern.length() ? one(pattern, p, text.charAt(t)) : -1;
            if (next >= 0) {
                p = next;
                t++;
            } else if (star >= 0) {
                p = star;
                t = ++starText;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** Matches a character; returns where the pattern goes on, or -1. */
    private static int one(String pattern, int at, char c) {
        switch (pattern.charAt(at)) {
            case '?' -> {
                return at + 1;
            }
            case '\\' -> {
                int escaped = Math.min(at + 1, pattern.length() - 1);
                return pattern.charAt(escaped) == c ? escaped + 1 : -1;
            }
            case '[' -> {
                int end = pattern.indexOf(']', at + 2);
                if (end >= 0) {
                    return isIn(pattern.substring(at + 1, end), c) ? end + 1 : -1;
                }
                // not closed: it stands for itself
                return c == '[' ? at + 1 : -1;
            }
            default -> {
                return pattern.charAt(at) == c ? at + 1 : -1;
            }
        }
    }

    private static boolean isIn(String set, char c) {
        boolean not = set.startsWith("!") || set.startsWith("^");
        boolean found = false;
        int i = not ? 1 : 0;
        while (i < set.length()) {
            boolean range = i + 2 < set.length() && set.charAt(i + 1) == '-';
            char last = range ? set.charAt(i + 2) : set.charAt(i);
            found |= c >= set.charAt(i) && c <= last;
            i += range ? 3 : 1;
        }
        return found != not;
    }
}
