package org.jkmod.bench;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A figure, beside the one of another program in the same run. All are of the kind that is better if it is lower.
 *
 * @param name what was measured
 * @param unit of the values
 * @param value the median of the runs
 * @param baseline the other program
 * @param baselineValue the median of its runs
 * @param ratio the median of the runs' ratios, each of two that came one behind the other
 * @param lowest the lowest of those ratios
 * @param highest the highest
 * @param runs how many runs (or forks of the JVM) there were
 * @param allocated bytes that an operation allocated on the JVM's heap; null if that was not counted
 * @param goal what was wanted; null if nothing was
 */
record Row(
        String name,
        String unit,
        double value,
        String baseline,
        double baselineValue,
        double ratio,
        double lowest,
        double highest,
        int runs,
        @Nullable Double allocated,
        @Nullable Goal goal) {
    /** Whether the goal is met, or there was none. */
    boolean isMet() {
        return goal == null || goal.isMet(value, ratio);
    }

    /** The line for programs. */
    String line() {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "RESULT name=%s unit=%s value=%s baseline=%s:%s ratio=%.3f spread=%.3f..%.3f runs=%d",
                name,
                unit,
                number(value),
                baseline,
                number(baselineValue),
                ratio,
                lowest,
                highest,
                runs));
        if (allocated != null) {
            line.append(String.format(Locale.ROOT, " allocated=%.0f", allocated));
        }
        if (goal != null) {
            line.append(" goal=").append(goal).append(isMet() ? " met=yes" : " met=no");
        }
        return line.toString();
    }

    /** Four digits that say something. */
    static String number(double value) {
        double size = Math.abs(value);
        int digits = size >= 1000 || size == 0 ? 0 : Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
