package org.jkmod.bench;

import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs JMH benchmarks, each in one forked JVM; a run of the suite is one fork of each. */
final class Forks {
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private final ChainedOptionsBuilder options = new OptionsBuilder()
            .forks(1)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .addProfiler(GCProfiler.class);

    private Forks() {}

    /** Benchmarks whose operations take less than a second. */
    static Forks timed(Settings settings) {
        Forks forks = new Forks();
        forks.options
                .warmupIterations(settings.quick() ? 2 : 5)
                .warmupTime(time(settings.quick() ? 150 : 500))
                .measurementIterations(settings.quick() ? 2 : 5)
                .measurementTime(time(settings.quick() ? 150 : 500));
        return forks;
    }

    /** Benchmarks whose operations are counted, not timed. */
    static Forks counted(int warmup, int measured) {
        Forks forks = new Forks();
        forks.options.warmupIterations(warmup).measurementIterations(measured);
        return forks;
    }

    private static TimeValue time(long milliseconds) {
        return new TimeValue(milliseconds, TimeUnit.MILLISECONDS);
    }

    /** Adds all benchmarks of a class. */
    Forks of(Class<?> benchmarks) {
        options.include(benchmarks.getName().replace(".", "\\.") + "\\..*");
        return this;
    }

    /** Only these values of a parameter. */
    Forks with(String parameter, String... values) {
        options.param(parameter, values);
        return this;
    }

    /**
     * Runs them.
     *
     * @param to gets a value of each, under {@code METHOD} or {@code METHOD:VALUE:...} with the parameters' values by their names
     * @param unit what to divide the values by
     */
    void run(Samples to, double unit) {
        Collection<RunResult> results;
        try {
            results = new Runner(options.build()).run();
        } catch (RunnerException e) {
            throw new IllegalStateException(e);
        }
        for (RunResult result : results) {
            String name = name(result.getParams());
            // The median, as in C: what else the machine did for a moment shall not count.
            to.add(name, result.getPrimaryResult().getStatistics().getPercentile(50) / unit);
            result.getSecondaryResults().forEach((key, value) -> {
                if (key.endsWith(ALLOCATED)) {
                    to.allocated(name, value.getScore() / unit);
                }
            });
        }
    }

    private static String name(BenchmarkParams params) {
        String method = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
        return params.getParamsKeys().stream()
                .sorted()
                .map(key -> ":" + params.getParam(key))
                .collect(Collectors.joining("", method, ""));
    }
}
