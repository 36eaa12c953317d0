package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a kernel command line says of modules: {@code MODULE.PARAMETER=VALUE} and {@code modprobe.blacklist=MODULE,...}. A quote that
 * opens a parameter belongs to its value, as in the kernel; quotes in names make kmod pass it over. Measured on kmod 30 and 34.2.
 */
final class KernelParameters {
    private final ModprobeConfig.Builder to;

    KernelParameters(ModprobeConfig.Builder to) {
        this.to = to;
    }

    /** Adds all of a command line; what is no module's parameter does not matter. */
    void add(String commandLine) {
        words(commandLine).forEach(this::addWord);
    }

    /** The parameters of a command line, quotes and all; one whose quote is not closed is none. */
    static List<String> words(String commandLine) {
        List<String> words = new ArrayList<>();
        int nul = commandLine.indexOf('\0');
        String text = nul < 0 ? commandLine : commandLine.substring(0, nul);
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : '\n';
            if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && isSpace(c)) {
                if (i > start) {
                    words.add(text.substring(start, i));
                }
                start = i + 1;
            }
        }
        return words;
    }

    /** isspace(3) of the C locale. */
    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private void addWord(String word) {
        boolean quoted = word.startsWith("\"");
        String body = quoted ? word.substring(1) : word;
        int equals = body.indexOf('=');
        String head = equals < 0 ? body : body.substring(0, equals);
        int point = head.indexOf('.');
        boolean odd = head.chars().anyMatch(c -> c == '"' || isSpace((char) c));
        if (odd || point < 0 || head.indexOf('.', point + 1) >= 0) {
            return;
        }
        String module = head.substring(0, point);
        String parameter = head.substring(point + 1);
        String value = equals < 0 ? "" : (quoted ? "\"" : "") + body.substring(equals + 1);
        if (module.equals("modprobe") && parameter.equals("blacklist") && equals >= 0) {
            to.blacklist.addAll(List.of(value.split(",", -1)));
            return;
        }
        Optional<String> name = AliasPattern.normalized(module);
        if (name.isEmpty()) {
            to.warnings.add("kernel command line: ignoring '" + word + "': brackets of its module's name do not match");
        } else {
            to.options.add(new ModprobeConfig.Options(name.get(), equals < 0 ? parameter : parameter + "=" + value));
        }
    }
}
