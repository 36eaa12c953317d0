package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.List;
import org.jkmod.kmod.ConfigDirectories.Line;

/**
 * Splits the text of a configuration into lines, and lines into words, as kmod does. Measured on kmod 30 and 34.2: a backslash takes
 * the special meaning from whatever follows it, ends of lines included, and is itself gone then.
 */
final class ConfigLines {
    private ConfigLines() {}

    /** All lines but comments and empty ones. */
    static List<Line> of(String text, Compat compat) {
        List<Line> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int number = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\n') {
                add(lines, ++number, line);
                line.setLength(0);
            } else if (c != '\\') {
                line.append(c);
            } else if (++at == text.length()) {
                if (compat == Compat.KMOD_30) {
                    line.append('\u00ff'); // it takes the end of the file for a character
                }
            } else if (text.charAt(at) == '\n') {
                number++;
            } else {
                line.append(text.charAt(at));
            }
        }
        add(lines, ++number, line);
        return lines;
    }

    private static void add(List<Line> lines, int number, StringBuilder line) {
        int nul = line.indexOf("\0");
        // what follows is beyond the end of the string, for kmod
        String text = nul < 0 ? line.toString() : line.substring(0, nul);
        if (!text.startsWith("#") && skipBlanks(text, 0) < text.length()) {
            lines.add(new Line(number, text));
        }
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /** Where the next word of a text begins: its length if there is none. */
    static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Where a word ends. */
    static int endOfWord(String text, int from) {
        int at = from;
        while (at < text.length() && !isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** The words of a text, separated by blanks and tabs. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (int at = skipBlanks(text, 0); at < text.length(); ) {
            int end = endOfWord(text, at);
            words.add(text.substring(at, end));
            at = skipBlanks(text, end);
        }
        return words;
    }
}
