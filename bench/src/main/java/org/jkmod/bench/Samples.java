package org.jkmod.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was measured: for each program a value a run, run by run. */
final class Samples {
    private final Map<String, List<Double>> values = new HashMap<>();
    private final Map<String, Double> allocated = new HashMap<>();

    /** Adds what a program took in the next run. */
    void add(String program, double value) {
        values.computeIfAbsent(program, p -> new ArrayList<>()).add(value);
    }

    /** Notes what an operation of a program allocates, in bytes. */
    void allocated(String program, double bytes) {
        allocated.put(program, bytes);
    }

    boolean has(String program) {
        return values.containsKey(program);
    }

    /** Two programs compared; the other is called what comes last in its name. */
    Row row(String name, String unit, String program, String baseline, @Nullable Goal goal) {
        List<Double> ours = of(program);
        List<Double> theirs = of(baseline);
        List<Double> ratios = new ArrayList<>();
        for (int run = 0; run < Math.min(ours.size(), theirs.size()); run++) {
            ratios.add(ours.get(run) / theirs.get(run));
        }
        return new Row(
                name,
                unit,
                median(ours),
                baseline.substring(baseline.lastIndexOf(':') + 1),
                median(theirs),
                median(ratios),
                Collections.min(ratios),
                Collections.max(ratios),
                ratios.size(),
                allocated.get(program),
                goal);
    }

    private List<Double> of(String program) {
        List<Double> of = values.get(program);
        if (of == null) {
            throw new IllegalStateException("nothing was measured of " + program + ", only of " + values.keySet());
        }
        return of;
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int size = sorted.size();
        return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
    }
}
