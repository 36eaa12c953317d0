package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jkmod.core.BootOptions;
import org.jkmod.core.KernelProfile;

/** Plays many scripts of operations on several threads, each on a kernel of its own that was just booted. */
public final class Replay {
    /**
     * What to play.
     *
     * @param place where it is written, for messages: {@code scripts.jsonl: line 3}
     * @param id what it is called
     * @param commandLine the kernel's command line
     * @param operations as {@link Scenario} has them, in their order
     */
    public record Script(String place, String id, String commandLine, List<String> operations) {
        /** Copies the list. */
        public Script {
            operations = ImmutableList.copyOf(operations);
        }
    }

    /**
     * What came of a script.
     *
     * @param script what was played
     * @param outcomes one an operation
     */
    public record Played(Script script, List<Scenario.Outcome> outcomes) {
        /** Copies the list. */
        public Played {
            outcomes = ImmutableList.copyOf(outcomes);
        }
    }

    /** Who is told. */
    public interface Results {
        /** Tells what came of a script, in the order of the scripts. */
        void accept(Played played) throws IOException;
    }

    private Replay() {}

    /**
     * Plays scripts.
     *
     * @param files the folder of the files that operations name
     * @param scripts read while others are played
     * @param threads how many are played at a time
     * @throws IOException if a file cannot be read, or an operation is none; says the script's place
     */
    public static void run(KernelProfile profile, Path files, Iterator<Script> scripts, int threads, Results results)
            throws IOException {
        InOrder.run(scripts, threads, script -> play(profile, files, script), results::accept);
    }

    private static Played play(KernelProfile profile, Path files, Script script) throws IOException {
        Scenario scenario = new Scenario(profile, BootOptions.DEFAULT.withCommandLine(script.commandLine()), files);
        List<Scenario.Outcome> outcomes = new ArrayList<>();
        for (String operation : script.operations()) {
            try {
                outcomes.add(scenario.play(operation));
            } catch (IOException | IllegalArgumentException e) {
                throw new IOException(script.place() + ": " + operation + ": " + e.getMessage(), e);
            }
        }
        return new Played(script, outcomes);
    }
}
