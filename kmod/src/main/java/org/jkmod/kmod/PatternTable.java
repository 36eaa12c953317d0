package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;

/** Lines of a configuration that are for modules whose names match a pattern. Most patterns are names. */
final class PatternTable<T> {
    /** Each is tried with each of some thousand names. */
    private static final int MAX_PATTERNS = 1 << 14;

    private record Line<T>(int position, String pattern, T content) {}

    private final Map<String, List<Line<T>>> names = new HashMap<>();
    private final List<Line<T>> patterns = new ArrayList<>();

    PatternTable(List<T> lines, Function<T, String> pattern) {
        for (int i = 0; i < lines.size(); i++) {
            Line<T> line = new Line<>(i, pattern.apply(lines.get(i)), lines.get(i));
            if (line.pattern().chars().noneMatch(c -> "*?[\\".indexOf(c) >= 0)) {
                names.computeIfAbsent(line.pattern(), p -> new ArrayList<>(1)).add(line);
            } else {
                patterns.add(line);
            }
        }
        if (patterns.size() > MAX_PATTERNS) {
            throw new MalformedInputException(
                    "modprobe.d", "softdep", 0, patterns.size() + " patterns", "at most " + MAX_PATTERNS);
        }
    }

    /** The lines for a name, in their order. */
    List<T> matching(String name) {
        return Stream.concat(
                        names.getOrDefault(name, List.of()).stream(),
                        patterns.stream().filter(line -> AliasPattern.matches(line.pattern(), name)))
                .sorted(Comparator.comparingInt(Line::position))
                .map(Line::content)
                .toList();
    }
}
