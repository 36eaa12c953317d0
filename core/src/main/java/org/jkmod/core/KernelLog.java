package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** What the kernel printed ({@code printk}, dmesg(1)). Safe for threads. */
public final class KernelLog {
    /**
     * One message.
     *
     * @param micros when it was printed, in microseconds since boot
     * @param level from 0 (emergency) to 7 (debug), as {@code KERN_WARNING} is 4
     * @param text what was printed, without the newline
     */
    public record Line(long micros, int level, String text) {
        /** As dmesg(1) shows it: {@code [   12.345678] text}. */
        @Override
        public String toString() {
            return String.format("[%5d.%06d] %s", micros / 1_000_000, micros % 1_000_000, text);
        }
    }

    static final int ERR = 3;
    static final int WARNING = 4;
    static final int NOTICE = 5;

    private final LongSupplier clock;
    private final List<Line> lines = new ArrayList<>();

    KernelLog(LongSupplier clock) {
        this.clock = clock;
    }

    synchronized void print(int level, String text) {
        lines.add(new Line(clock.getAsLong(), level, text));
    }

    /** All messages so far. */
    public synchronized List<Line> lines() {
        return ImmutableList.copyOf(lines);
    }
}
