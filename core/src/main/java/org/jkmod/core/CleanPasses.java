package org.jkmod.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@link OnDemandModules#cleanPass} every so often ({@code delay=} of kerneld(8)), by a clock that may be a real one or a test's.
 * Safe for threads.
 */
public final class CleanPasses {
    /** The time from one pass to the next, unless it is told otherwise. */
    public static final Duration DEFAULT_PERIOD = Duration.ofMinutes(3);

    private final OnDemandModules modules;
    private final InstantSource clock;
    private final Duration period;
    private Instant due;

    /** Passes every three minutes; the first one in three minutes. */
    public CleanPasses(OnDemandModules modules, InstantSource clock) {
        this(modules, clock, DEFAULT_PERIOD);
    }

    /**
     * Passes every so often; the first one when that time is over.
     *
     * @throws IllegalArgumentException if the period is not positive
     */
    public CleanPasses(OnDemandModules modules, InstantSource clock, Duration period) {
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("period " + period + " is not positive");
        }
        this.modules = modules;
        this.clock = clock;
        this.period = period;
        this.due = clock.instant().plus(period);
    }

    /**
     * Runs the passes that are due: as many as periods are over, though no more than two can change anything if nothing happens between
     * them.
     *
     * @return the names of the modules that have gone
     */
    public synchronized List<String> runPending() {
        List<String> gone = new ArrayList<>();
        Instant now = clock.instant();
        for (int passes = 0; !now.isBefore(due); passes++) {
            if (passes < 2) {
                gone.addAll(modules.cleanPass());
                due = due.plus(period);
            } else {
                due = due.plus(period.multipliedBy(Duration.between(due, now).dividedBy(period) + 1));
            }
        }
        return gone;
    }

    /** When the next pass is due. */
    public synchronized Instant due() {
        return due;
    }

    /**
     * Has an executor look every period whether a pass is due.
     *
     * @return what ends that when it is cancelled
     */
    public ScheduledFuture<?> schedule(ScheduledExecutorService executor) {
        long nanos = period.toNanos();
        return executor.scheduleAtFixedRate(this::runPending, nanos, nanos, TimeUnit.NANOSECONDS);
    }
}
