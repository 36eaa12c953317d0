package org.jkmod.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares ratios, which are much the same on all machines, where times are not. */
final class Regressions {
    private static final double ALLOWED = 1.15;

    private Regressions() {}

    /** Names of the figures that only one of both has. */
    static List<String> unpaired(ResultFile before, ResultFile after) {
        Set<String> names = names(before);
        Set<String> others = names(after);
        return Stream.concat(
                        names.stream().filter(name -> !others.contains(name)),
                        others.stream().filter(name -> !names.contains(name)))
                .toList();
    }

    private static Set<String> names(ResultFile file) {
        return file.rows().stream().map(Row::name).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** A line for each figure that got worse. */
    static List<String> of(ResultFile before, ResultFile after) {
        Map<String, Row> known = new HashMap<>();
        for (Row row : before.rows()) {
            known.put(row.name(), row);
        }
        List<String> lines = new ArrayList<>();
        for (Row row : after.rows()) {
            Row old = known.get(row.name());
            if (old != null && row.ratio() > old.ratio() * ALLOWED) {
                lines.add(String.format(
                        Locale.ROOT,
                        "REGRESSION name=%s ratio=%.3f spread=%.3f..%.3f before=%.3f spread=%.3f..%.3f commit=%s",
                        row.name(),
                        row.ratio(),
                        row.lowest(),
                        row.highest(),
                        old.ratio(),
                        old.lowest(),
                        old.highest(),
                        before.commit()));
            }
        }
        return lines;
    }
}
