package org.jkmod.cli;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A progress bar on standard error, if that is a terminal: the launcher looks, for Java cannot, and says so with the property
 * {@code jkmod.terminal}.
 */
final class ProgressBar {
    private static final int WIDTH = 40;
    private static final long EVERY_NANOS = 50_000_000;

    private final int total;
    private final boolean visible = Boolean.getBoolean("jkmod.terminal");
    private final AtomicLong shown = new AtomicLong(System.nanoTime());

    ProgressBar(int total) {
        this.total = Math.max(1, total);
    }

    /** Shows that so many are done; may be called from any thread, and as often as one likes. */
    void show(int done) {
        if (!visible) {
            return;
        }
        long before = shown.get();
        long now = System.nanoTime();
        if (now - before > EVERY_NANOS && shown.compareAndSet(before, now)) {
            int filled = (int) ((long) WIDTH * done / total);
            System.err.print("\r[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " + done + "/" + total);
            System.err.flush();
        }
    }

    /** Takes the bar off the screen. */
    void clear() {
        if (visible) {
            System.err.print("\r\u001b[K");
            System.err.flush();
        }
    }
}
