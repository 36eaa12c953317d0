package org.jkmod.cli;

import java.util.ArrayList;
import java.util.List;

/** Quotes of modprobe's arguments. */
final class Quoting {
    private Quoting() {}

    /** A module's parameter as the kernel reads it: a value with a blank needs quotes, and the shell has taken those that it had. */
    static String parameter(String argument) {
        int value = argument.indexOf('=') + 1;
        boolean quoted = argument.startsWith("\"", value) || argument.startsWith("'", value);
        return value > 0 && argument.indexOf(' ', value) >= 0 && !quoted
                ? argument.substring(0, value) + '"' + argument.substring(value) + '"'
                : argument;
    }

    /** The words of a text, separated by blanks; quotes of either kind hold a word together, and are gone then. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote == 0 ? c : 0;
                inWord = true;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                }
                word.setLength(0);
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }
}
