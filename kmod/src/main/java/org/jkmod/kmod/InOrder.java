package org.jkmod.kmod;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Does the same to many things on several threads, and tells the results in the order of the things. Only a few are under way at a time. */
final class InOrder {
    /** How many things a thread may be ahead of the results. */
    private static final int AHEAD = 8;

    private InOrder() {}

    /** What is done to each. */
    interface Work<T, R> {
        /** Does it; on any thread. */
        R apply(T thing) throws IOException;
    }

    /** Who is told the results. */
    interface Results<R> {
        /** Tells one; on the caller's thread. */
        void accept(R result) throws IOException;
    }

    /**
     * Does it to all.
     *
     * @param things may throw, which ends it as a thing that cannot be done does
     * @throws IOException the first that was thrown, in the order of the things; the results of those before have been told then
     */
    static <T, R> void run(Iterator<T> things, int threads, Work<T, R> work, Results<R> results) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            Deque<Future<R>> ahead = new ArrayDeque<>();
            RuntimeException fault = null;
            boolean more = true;
            while (more || !ahead.isEmpty()) {
                while (more && ahead.size() < AHEAD * threads) {
                    try {
                        more = things.hasNext();
                        if (more) {
                            T thing = things.next();
                            ahead.add(pool.submit(() -> work.apply(thing)));
                        }
                    } catch (RuntimeException e) {
                        fault = e;
                        more = false;
                    }
                }
                if (!ahead.isEmpty()) {
                    results.accept(get(ahead.remove()));
                }
            }
            if (fault != null) {
                throw fault;
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static <R> R get(Future<R> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw unwrapped(e.getCause());
        }
    }

    private static IOException unwrapped(@Nullable Throwable thrown) {
        if (thrown instanceof IOException io) {
            return io;
        } else if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        } else if (thrown instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(thrown);
    }
}
