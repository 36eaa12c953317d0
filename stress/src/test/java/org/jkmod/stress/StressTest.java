package org.jkmod.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;

/**
 * Runs the stress tests of this package: by jcstress, in many virtual machines, if {@code jkmod.stress.iterations} says how often; and in
 * any case a few hundred times each in this one, for jcstress takes ten seconds before it begins.
 */
@Timeout(120)
class StressTest {
    private static final int ROUNDS = Integer.getInteger("jkmod.stress.rounds", 300);
    /** About as long as a load takes: one actor begins up to so many spins after the other. */
    private static final int SPINS = 4000;

    private final ExecutorService second = Executors.newSingleThreadExecutor();

    private static String property(String name, String otherwise) {
        return System.getProperty("jkmod.stress." + name, otherwise);
    }

    @Test
    @Timeout(1800)
    @EnabledIfSystemProperty(named = "jkmod.stress.iterations", matches = "[1-9]\\d*")
    void results_underJcstress_areAcceptable() throws Exception {
        Options options = new Options(new String[] {
            "-r",
            property("report", "target/jcstress"),
            "-f",
            "1",
            "-iters",
            property("iterations", "1"),
            "-time",
            property("time", "500"),
            // a state is a whole kernel: few at a time
            "-strideSize",
            "10",
            "-strideCount",
            "10",
            "-hs",
            "512",
            "-sc",
            "false",
            "-af",
            "NONE",
            "-jvmArgs",
            "-XX:+UseSerialGC",
        });
        assertTrue(options.parse());
        // throws an AssertionError that names the tests that have failed
        new JCStress(options).run();
    }

    @TestFactory
    Stream<DynamicTest> results_ofSomeRounds_areAcceptable() {
        return Stream.of(LoadStress.class, LookupStress.class)
                .flatMap(c -> Arrays.stream(c.getDeclaredClasses()))
                .filter(c -> c.isAnnotationPresent(JCStressTest.class))
                .sorted(Comparator.comparing(Class::getName))
                .map(c -> DynamicTest.dynamicTest(c.getSimpleName(), () -> run(c)));
    }

    private void run(Class<?> test) throws ReflectiveOperationException, InterruptedException, ExecutionException {
        List<Method> actors = new ArrayList<>();
        Optional<Method> arbiter = Optional.empty();
        for (Method method : test.getMethods()) {
            if (method.isAnnotationPresent(Actor.class)) {
                actors.add(method);
            } else if (method.isAnnotationPresent(Arbiter.class)) {
                arbiter = Optional.of(method);
            }
        }
        actors.sort(Comparator.comparing(Method::getName));
        assertEquals(2, actors.size());
        Constructor<?> result = Stream.concat(actors.stream(), arbiter.stream())
                .flatMap(m -> Arrays.stream(m.getParameterTypes()))
                .findFirst()
                .orElseThrow()
                .getConstructor();
        Random random = new Random(test.getName().hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            Object state = test.getConstructor().newInstance();
            Object seen = result.newInstance();
            AtomicInteger ready = new AtomicInteger();
            int delay = random.nextInt(SPINS);
            boolean firstWaits = random.nextBoolean();
            Future<?> other = second.submit(() -> act(actors.get(1), state, seen, ready, firstWaits ? 0 : delay));
            act(actors.get(0), state, seen, ready, firstWaits ? delay : 0);
            other.get();
            if (arbiter.isPresent()) {
                invoke(arbiter.get(), state, seen);
            }
            String text = seen.toString();
            assertTrue(isAcceptable(test, text), () -> text + " is not acceptable");
        }
    }

    /** Waits for the other actor, and a while, and then acts. */
    @SuppressWarnings("ThreadPriorityCheck") // there may be one processor only
    private static void act(Method actor, Object state, Object seen, AtomicInteger ready, int delay) {
        ready.incrementAndGet();
        while (ready.get() < 2) {
            Thread.yield();
        }
        for (int i = 0; i < delay; i++) {
            Thread.onSpinWait();
        }
        invoke(actor, state, seen);
    }

    private static void invoke(Method method, Object state, Object seen) {
        try {
            if (method.getParameterCount() == 0) {
                method.invoke(state);
            } else {
                method.invoke(state, seen);
            }
        } catch (InvocationTargetException e) {
            throw new AssertionError(method.toString(), e.getCause());
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isAcceptable(Class<?> test, String seen) {
        return Arrays.stream(test.getAnnotationsByType(Outcome.class))
                .flatMap(o -> Arrays.stream(o.id()))
                .anyMatch(seen::matches);
    }
}
