package org.jkmod.bench;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A program of {@code bench/native}, which prints a name and a value a line. */
final class NativeProgram {
    private final String name;

    NativeProgram(String name) {
        this.name = name;
    }

    /** What it printed, split at blanks, a line each. */
    List<List<String>> lines(Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Environment.nativePrograms().resolve(name).toString());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": exit status " + status);
            }
            return out.lines().map(Splitter.on(' ')::splitToList).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The values it printed, by name. */
    Map<String, Double> values(Object... arguments) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (List<String> line : lines(arguments)) {
            values.put(line.get(0), Double.valueOf(line.get(1)));
        }
        return values;
    }

    /** The seconds that a command took, from outside. */
    static double seconds(Path out, Object... command) {
        Object[] arguments = new Object[command.length + 1];
        arguments[0] = out;
        System.arraycopy(command, 0, arguments, 1, command.length);
        Map<String, Double> values = new NativeProgram("spawn").values(arguments);
        if (values.getOrDefault("status", -1.0) != 0) {
            throw new IllegalStateException(command[0] + " failed: see " + out);
        }
        return values.getOrDefault("seconds", Double.NaN);
    }
}
