package org.jkmod.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The figures of an area, as a file.
 *
 * @param date when they were measured
 * @param commit of what
 * @param machine on what: what lscpu and uname say of it
 * @param jdk with what
 * @param quick whether the figures are only roughly right
 * @param rows the figures
 */
record ResultFile(String date, String commit, Map<String, String> machine, String jdk, boolean quick, List<Row> rows) {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    static ResultFile of(Settings settings, List<Row> rows) throws IOException {
        return new ResultFile(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Environment.commit(),
                describeMachine(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                settings.quick(),
                rows);
    }

    static ResultFile read(Path file) throws IOException {
        return GSON.fromJson(Files.readString(file), ResultFile.class);
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, GSON.toJson(this) + "\n");
    }

    private static Map<String, String> describeMachine() throws IOException {
        Map<String, String> machine = new TreeMap<>();
        machine.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("architecture", System.getProperty("os.arch"));
        machine.put("cpu", field("/proc/cpuinfo", "model name"));
        machine.put("memory", field("/proc/meminfo", "MemTotal"));
        return machine;
    }

    private static String field(String file, String key) throws IOException {
        Path path = Path.of(file);
        if (!Files.isReadable(path)) {
            return "unknown";
        }
        try (var lines = Files.lines(path)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .limit(1)
                    .collect(Collectors.joining());
        }
    }
}
