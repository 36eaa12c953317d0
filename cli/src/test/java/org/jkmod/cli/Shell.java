package org.jkmod.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Runs commands in this process, on a home of their own, with a clock that is set by hand. */
final class Shell {
    /** The modules of {@code examples/modules}; tests run in the folder of their Maven module. */
    static final Path MODULES = Path.of("../examples/modules/x86_64");

    /** What a command did. */
    record Result(int status, String out, String err) {}

    final Path home;
    final Map<String, String> variables = new HashMap<>();
    InstantSource clock = () -> this.now;
    byte[] input = {};
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    Shell(Path home) {
        this.home = home;
        variables.put("HOME", home.toString());
    }

    /** The folder in which the commands keep their kernel. */
    Path state() {
        return home.resolve(".local/state/jkmod");
    }

    void sleep(Duration duration) {
        now = now.plus(duration);
    }

    Result run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(
                args, new Environment(new ByteArrayInputStream(input), stream(out), stream(err), variables, clock));
        return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Inserts one of the example modules. */
    Result insmod(String name, String... parameters) {
        String[] args = new String[parameters.length + 2];
        args[0] = "insmod";
        args[1] = MODULES.resolve(name + ".ko").toString();
        System.arraycopy(parameters, 0, args, 2, parameters.length);
        return run(args);
    }

    /** Inserts example modules, and expects it to work. */
    void load(String... names) {
        for (String name : names) {
            Result result = insmod(name);
            if (result.status() != 0) {
                throw new AssertionError(result.toString());
            }
        }
    }

    /** Copies an example module to the home, changed. */
    Path copy(String name, int length) throws IOException {
        byte[] bytes = Files.readAllBytes(MODULES.resolve(name + ".ko"));
        return Files.write(home.resolve(name + "-copy.ko"), java.util.Arrays.copyOf(bytes, length));
    }

    private static PrintStream stream(ByteArrayOutputStream to) {
        return new PrintStream(to, false, StandardCharsets.UTF_8);
    }
}
