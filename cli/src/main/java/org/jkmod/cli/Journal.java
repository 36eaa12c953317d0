package org.jkmod.cli;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jkmod.core.LoadOptions;
import org.jkmod.elf.MalformedInputException;

/**
 * All that happened to a simulated kernel since it was booted. In its file every line is a JSON object:
 *
 * <pre>
 * {"op":"boot","version":1,"time":"2026-01-01T00:00:00Z"}
 * {"op":"insmod","micros":1500000,"file":"jkmod_ring.ko","module":"78cf...e9ae","parameters":"size=1024"}
 * {"op":"rmmod","micros":2500000,"name":"jkmod_ring"}
 * </pre>
 *
 * @param booted when the kernel was booted
 * @param entries what happened then, in order
 */
record Journal(Instant booted, List<Entry> entries) {
    private static final String VERSION = "1";

    private static final String VERMAGIC = "vermagic";
    private static final String MODVERSION = "modversion";
    private static final String UNLOAD = "unload";

    /** One thing that happened. */
    sealed interface Entry permits Insmod, Rmmod {
        /** When: in microseconds since the boot. */
        long micros();
    }

    /**
     * A module was loaded, or the kernel refused it: that leaves messages and taints, too.
     *
     * @param micros when
     * @param file what the file was called, without its folder
     * @param module the SHA-256 of its bytes, in hexadecimal digits
     * @param options how it was loaded
     */
    record Insmod(long micros, String file, String module, LoadOptions options) implements Entry {}

    /**
     * A module was unloaded.
     *
     * @param micros when
     * @param name its name
     * @param force whether by force
     */
    record Rmmod(long micros, String name, boolean force) implements Entry {}

    /** Copies the list. */
    Journal {
        entries = List.copyOf(entries);
    }

    /** The journal of a kernel that has just been booted. */
    static Journal boot(Instant time) {
        return new Journal(time, List.of());
    }

    /** The journal with another entry. */
    Journal with(Entry entry) {
        List<Entry> more = new ArrayList<>(entries);
        more.add(entry);
        return new Journal(booted, more);
    }

    /** When the last thing happened, in microseconds since the boot. */
    long lastMicros() {
        return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).micros();
    }

    /**
     * Reads a journal.
     *
     * @param file its name, for messages
     * @throws MalformedInputException if it is none
     */
    static Journal parse(byte[] bytes, String file) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8))) {
            Fields boot = Fields.parse(Objects.requireNonNullElse(lines.readLine(), ""), file, 1);
            if (!boot.get("op").equals("boot") || !boot.get("version").equals(VERSION)) {
                throw boot.fault("a journal of version " + VERSION);
            }
            List<Entry> entries = new ArrayList<>();
            long last = 0;
            int number = 2;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Fields fields = Fields.parse(line, file, number++);
                Entry entry = fields.entry();
                if (entry.micros() < last) {
                    throw fields.fault("an entry not older than the one before");
                }
                last = entry.micros();
                entries.add(entry);
            }
            return new Journal(boot.time(), entries);
        }
    }

    /** The journal as it is written to a file. */
    byte[] toBytes() {
        StringBuilder text = new StringBuilder();
        text.append(line("op", "boot", "version", VERSION, "time", booted.toString()));
        for (Entry entry : entries) {
            String micros = Long.toString(entry.micros());
            if (entry instanceof Insmod insmod) {
                text.append(line(
                        "op",
                        "insmod",
                        "micros",
                        micros,
                        "file",
                        insmod.file(),
                        "module",
                        insmod.module(),
                        "parameters",
                        insmod.options().parameters(),
                        "force",
                        force(insmod.options())));
            } else if (entry instanceof Rmmod rmmod) {
                text.append(line(
                        "op", "rmmod", "micros", micros, "name", rmmod.name(), "force", rmmod.force() ? UNLOAD : ""));
            }
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What the kernel was told to ignore: {@code vermagic}, {@code modversion}, or both with a blank between them. */
    private static String force(LoadOptions options) {
        return (options.ignoreVermagic() ? VERMAGIC : "")
                + (options.ignoreVermagic() && options.ignoreModversions() ? " " : "")
                + (options.ignoreModversions() ? MODVERSION : "");
    }

    private static String line(String... pairs) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            for (int i = 0; i < pairs.length; i += 2) {
                if (pairs[i].equals("force") && pairs[i + 1].isEmpty()) {
                    continue; // so it is with nearly all
                }
                json.name(pairs[i]);
                switch (pairs[i]) {
                    case "version", "micros" -> json.value(Long.parseLong(pairs[i + 1]));
                    default -> json.value(pairs[i + 1]);
                }
            }
            json.endObject();
        } catch (IOException e) {
            throw new IllegalStateException(e); // It writes to memory.
        }
        return text.append('\n').toString();
    }

    /** A line: its names and their values, numbers as texts. */
    private record Fields(Map<String, String> values, String line, String file, int number) {
        static Fields parse(String line, String file, int number) {
            Map<String, String> values = new HashMap<>();
            Fields fields = new Fields(values, line, file, number);
            try (JsonReader json = new JsonReader(new StringReader(line))) {
                json.beginObject();
                while (json.hasNext()) {
                    values.put(json.nextName(), json.nextString());
                }
                json.endObject();
                if (json.peek() == JsonToken.END_DOCUMENT) {
                    return fields;
                }
            } catch (IOException | IllegalStateException e) {
                // What it says names a column of the line, which is shown whole.
            }
            throw fields.fault("a JSON object of texts and numbers");
        }

        MalformedInputException fault(String expected) {
            return new MalformedInputException(
                    file,
                    "line",
                    number,
                    "'" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "'",
                    expected);
        }

        String get(String name) {
            String value = values.get(name);
            if (value == null) {
                throw fault("\"" + name + "\"");
            }
            return value;
        }

        Instant time() {
            try {
                return Instant.parse(get("time"));
            } catch (DateTimeException e) {
                throw fault("a time as 2026-01-01T00:00:00Z");
            }
        }

        long micros() {
            try {
                return Long.parseLong(get("micros"));
            } catch (NumberFormatException e) {
                throw fault("a number of microseconds");
            }
        }

        Entry entry() {
            return switch (get("op")) {
                case "insmod" -> new Insmod(micros(), get("file"), hash(), options());
                case "rmmod" ->
                    new Rmmod(micros(), get("name"), forced(List.of("", UNLOAD)).contains(UNLOAD));
                default -> throw fault("insmod or rmmod");
            };
        }

        private LoadOptions options() {
            List<String> force = forced(List.of("", VERMAGIC, MODVERSION));
            return new LoadOptions(get("parameters"), force.contains(VERMAGIC), force.contains(MODVERSION));
        }

        private List<String> forced(List<String> known) {
            List<String> force = List.of(values.getOrDefault("force", "").split(" ", -1));
            if (!known.containsAll(force)) {
                throw fault("\"force\" of " + String.join(" ", known).strip());
            }
            return force;
        }

        private String hash() {
            String hash = get("module");
            // It becomes a file's name.
            if (hash.length() != 64 || !hash.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                throw fault("a SHA-256 of 64 hexadecimal digits");
            }
            return hash;
        }
    }
}
