package org.jkmod.bench;

import java.util.Locale;

/**
 * What a figure must not exceed.
 *
 * @param ratio whether the ratio is meant, else the value itself
 * @param atMost the limit
 */
record Goal(boolean ratio, double atMost) {
    static Goal ratio(double atMost) {
        return new Goal(true, atMost);
    }

    static Goal value(double atMost) {
        return new Goal(false, atMost);
    }

    boolean isMet(double value, double ratioToBaseline) {
        return (ratio ? ratioToBaseline : value) <= atMost;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s<=%.3g", ratio ? "ratio" : "value", atMost);
    }
}
