package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the kernel printed ({@code printk}, dmesg(1)). Safe for threads.
 *
 * <p>A message is one record, even with newlines in it, and a record has a size that it is cut to ({@code vprintk_store} in
 * kernel/printk/printk.c). A character of a message is a byte, as everywhere here.
 */
public final class KernelLog {
    /**
     * One message.
     *
     * @param micros when it was printed, in microseconds since boot
     * @param level from 0 (emergency) to 7 (debug), as {@code KERN_WARNING} is 4
     * @param text what was printed, as far as it fitted into a record, without the newline
     */
    public record Line(long micros, int level, String text) {
        /** As dmesg(1) shows it: {@code [   12.345678] text}. */
        @Override
        public String toString() {
            return String.format("[%5d.%06d] %s", micros / 1_000_000, micros % 1_000_000, text);
        }

        /**
         * The text as {@code /dev/kmsg} shows it: bytes that are not printable ASCII, and backslashes, as {@code \\xNN}
         * ({@code msg_add_ext_text}).
         */
        public String escaped() {
            StringBuilder shown = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c < ' ' || c >= 0x7f || c == '\\') {
                    shown.append(String.format("\\x%02x", (int) c));
                } else {
                    shown.append(c);
                }
            }
            return shown.toString();
        }
    }

    static final int ERR = 3;
    static final int WARNING = 4;
    static final int NOTICE = 5;
    static final int INFO = 6;

    /** {@code KERN_SOH} and a digit stand before every message until it is in its record. */
    private static final int LEVEL_PREFIX = 2;

    private final LongSupplier clock;
    private final int recordSize;
    private final List<Line> lines = new ArrayList<>();

    KernelLog(LongSupplier clock) {
        this(clock, Generation.LINUX_6_4.printkRecordSize(false));
    }

    /**
     * An empty log.
     *
     * @param clock microseconds since boot
     * @param recordSize what a message may take, see {@link Generation#printkRecordSize}
     */
    KernelLog(LongSupplier clock, int recordSize) {
        this.clock = clock;
        this.recordSize = recordSize;
    }

    /** An empty one with the same clock, for what is only tried. */
    KernelLog fork() {
        return new KernelLog(clock, recordSize);
    }

    synchronized void print(int level, String text) {
        lines.add(new Line(clock.getAsLong(), level, record(text)));
    }

    /** What of a message comes into its record: the size is for the level, the text, its newline and a NUL, and counts in 16 bits. */
    private String record(String text) {
        String line = text + '\n';
        int reserved = Math.min((LEVEL_PREFIX + line.length() + 1) & 0xffff, recordSize);
        int kept = Math.max(0, reserved - 1 - LEVEL_PREFIX);
        String record = line.substring(0, Math.min(kept, line.length()));
        return record.endsWith("\n") ? record.substring(0, record.length() - 1) : record;
    }

    /** All messages so far. */
    public synchronized List<Line> lines() {
        return ImmutableList.copyOf(lines);
    }
}
