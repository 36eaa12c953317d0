package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.kmod.ConfigDirectories.Line;

/**
 * Understands lines of modprobe.d. What is odd here is so in kmod: measured on 30 and 34.2 with {@code modprobe -c}. A line that is
 * wrong is told of, and does not count.
 */
final class ModprobeLines {
    private final ModprobeConfig.Builder to;
    private final String file;
    private final Compat compat;

    ModprobeLines(ModprobeConfig.Builder to, String file, Compat compat) {
        this.to = to;
        this.file = file;
        this.compat = compat;
    }

    /** Adds a line. */
    void add(Line line) {
        String text = line.text();
        int start = ConfigLines.skipBlanks(text, 0);
        int end = ConfigLines.endOfWord(text, start);
        String keyword = text.substring(start, end);
        if (keyword.equals("config") || keyword.equals("include")) {
            to.warnings.add(file + ": command " + keyword + " is deprecated and not parsed anymore");
            return;
        }
        int nameStart = ConfigLines.skipBlanks(text, end);
        int nameEnd = ConfigLines.endOfWord(text, nameStart);
        Optional<String> name = AliasPattern.normalized(text.substring(nameStart, nameEnd));
        // one blank ends the name; what follows belongs to the rest
        String rest = nameEnd < text.length() ? text.substring(nameEnd + 1) : "";
        if (nameStart == text.length() || name.isEmpty() || !add(keyword, name.get(), rest, line)) {
            to.warnings.add(where(line) + "ignoring bad line starting with '" + keyword + "'");
        }
    }

    private String where(Line line) {
        return file + " line " + line.number() + ": ";
    }

    /** Whether a line could be added. */
    private boolean add(String keyword, String name, String rest, Line line) {
        return switch (keyword) {
            case "blacklist" -> to.blacklist.add(name);
            case "alias" -> alias(name, rest);
            case "options" ->
                !rest.isEmpty() && to.options.add(new ModprobeConfig.Options(name, rest.replace('\t', ' ')));
            case "install" -> !rest.isEmpty() && to.installs.add(new ModprobeConfig.Command(name, rest));
            case "remove" -> !rest.isEmpty() && to.removes.add(new ModprobeConfig.Command(name, rest));
            case "softdep" -> !rest.isEmpty() && softdep(name, words(rest, line));
            case "weakdep" ->
                compat != Compat.KMOD_30
                        && !rest.isEmpty()
                        && to.weakdeps.add(new ModprobeConfig.Weakdep(name, words(rest, line)));
            default -> false;
        };
    }

    private boolean alias(String pattern, String rest) {
        List<String> words = ConfigLines.words(rest);
        Optional<String> module = words.isEmpty() ? Optional.empty() : AliasPattern.normalized(words.get(0));
        module.ifPresent(m -> to.aliases.add(new ModprobeConfig.Alias(pattern, m)));
        return module.isPresent();
    }

    private boolean softdep(String name, List<String> words) {
        List<String> pre = new ArrayList<>();
        List<String> post = new ArrayList<>();
        List<String> all = new ArrayList<>();
        List<Boolean> inPost = new ArrayList<>();
        Boolean current = null; // words before the first keyword do not count
        for (String word : words) {
            if (word.equals("pre:") || word.equals("post:")) {
                current = word.equals("post:");
            } else if (current != null) {
                (current ? post : pre).add(word);
                all.add(word);
                inPost.add(current);
            }
        }
        to.softdepTexts.add(span("pre: ", all, inPost, false) + span("post: ", all, inPost, true));
        return to.softdeps.add(new ModprobeConfig.Softdep(name, pre, post));
    }

    /** As {@code modprobe -c} prints it: what stands between the first and the last word of a kind, those of the other kind too. */
    private static String span(String keyword, List<String> all, List<Boolean> inPost, boolean post) {
        int first = inPost.indexOf(post);
        return first < 0 ? "" : keyword + String.join(" ", all.subList(first, inPost.lastIndexOf(post) + 1));
    }

    /** Words; but exactly two blanks before the first make the second one a part of it, so that {@code pre:} is none any more. */
    private List<String> words(String rest, Line line) {
        List<String> words = ConfigLines.words(rest);
        if (!words.isEmpty() && ConfigLines.isBlank(rest.charAt(0)) && !ConfigLines.isBlank(rest.charAt(1))) {
            words.set(0, rest.charAt(0) + words.get(0));
            to.warnings.add(where(line) + "two blanks before '" + words.get(0).substring(1)
                    + "': kmod takes one for a part of it; one or three are as they should be");
        }
        return words;
    }
}
