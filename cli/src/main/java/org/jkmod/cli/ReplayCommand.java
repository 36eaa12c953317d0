package org.jkmod.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.Problem;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.Replay;
import org.jkmod.kmod.Scenario;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Play scripts of system calls, each on a simulated kernel of its own.",
        description = {
            "Each line of SCRIPTS.jsonl is an object: id, cmdline (the kernel's command line; may be left out), ops (an"
                    + " array of operations, played in their order).",
            "Operations: load FILE FLAGS ARGS (finit_module; flags 1: ignore modversions, 2: ignore vermagic,"
                    + " 4: compressed), init LEN FILE ARGS (init_module; LEN -1: the whole file), unload FLAGS NAME"
                    + " (delete_module; 2048: O_NONBLOCK, 512: O_TRUNC, by force), u_load and u_unload (as an ordinary user),"
                    + " loadw, loadfd bad|null, loadbadargs, write PATH VALUE, mount TYPE FOLDER, umount FOLDER.",
            "Prints a line for each, in the same order: id, ops (of op, errno, messages, tainted, modules, which are the"
                    + " lines of /proc/modules afterwards). An operation whose outcome the kernel leaves to chance has"
                    + " unchecked, which says why."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod replay --profile a.profile --files modules/ scripts.jsonl",
            "  {\"id\": \"one\", \"cmdline\": \"\", \"ops\": [\"load a.ko 0 x=1\", \"unload 2048 a\"]}"
        })
final class ReplayCommand implements Callable<Integer> {
    /** Longer lines are refused: a file without newlines is not read into memory. */
    private static final int MAX_LINE = 1 << 24;

    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Option(
            names = "--profile",
            required = true,
            paramLabel = "FILE",
            description = "The kernel's profile, as jkmod profile writes it.")
    private Path profile = Path.of("");

    @Option(
            names = "--files",
            required = true,
            paramLabel = "DIR",
            description = "Where the files are that operations name; a file may be compressed and then has the ending.")
    private Path files = Path.of("");

    @Parameters(index = "0", paramLabel = "SCRIPTS.jsonl", description = "The scripts.")
    private Path scripts = Path.of("");

    @Option(names = "--jobs", paramLabel = "N", description = "How many threads (default: one a processor).")
    private int jobs = Runtime.getRuntime().availableProcessors();

    ReplayCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        if (jobs < 1 || jobs > 1024) {
            throw new ParameterException(spec.commandLine(), "--jobs must be from 1 to 1024");
        }
        if (!Files.isDirectory(files)) {
            throw Files.exists(files)
                    ? new NotDirectoryException(files.toString())
                    : new NoSuchFileException(files.toString());
        }
        if (Files.isDirectory(scripts)) {
            throw new Failure(scripts + ": Is a directory");
        }
        try (BufferedReader lines = Files.newBufferedReader(scripts, StandardCharsets.ISO_8859_1)) {
            KernelProfile kernel = SimulatedKernel.SavedProfile.of(profile).read();
            Replay.run(kernel, files, new Lines(lines, scripts.toString()), jobs, played -> {
                environment.out().println(toJson(played));
                environment.out().flush();
            });
        } catch (UncheckedIOException e) {
            throw new Failure(scripts + ": " + e.getMessage(), e);
        }
        return Main.OK;
    }

    private static String toJson(Replay.Played played) throws IOException {
        StringWriter line = new StringWriter();
        JsonWriter to = new JsonWriter(line);
        to.beginObject();
        to.name("id").value(played.script().id());
        to.name("ops").beginArray();
        for (Scenario.Outcome outcome : played.outcomes()) {
            to.beginObject();
            to.name("op").value(outcome.operation());
            to.name("errno").value(CheckReport.errno(outcome.errno()));
            writeArray(to.name("messages"), outcome.messages());
            to.name("tainted").value(outcome.tainted());
            writeArray(to.name("modules"), outcome.modules());
            Problem problem = outcome.problem().orElse(null);
            if (problem != null && problem.kind() == Problem.Kind.UNCHECKED) {
                to.name("unchecked").value(problem.meaning());
            }
            to.endObject();
        }
        to.endArray();
        to.endObject();
        return line.toString();
    }

    private static void writeArray(JsonWriter to, List<String> texts) throws IOException {
        to.beginArray();
        for (String text : texts) {
            to.value(text);
        }
        to.endArray();
    }

    /** Reads a script a line, and passes over empty ones. */
    private static final class Lines implements Iterator<Replay.Script> {
        private final BufferedReader lines;
        private final String file;
        private int number;
        private Replay.@Nullable Script next;

        Lines(BufferedReader lines, String file) {
            this.lines = lines;
            this.file = file;
        }

        @Override
        public boolean hasNext() {
            while (next == null) {
                String line = line();
                if (line == null) {
                    return false;
                }
                if (!line.isBlank()) {
                    next = script(line);
                }
            }
            return true;
        }

        @Override
        public Replay.Script next() {
            Replay.Script script = hasNext() ? next : null;
            if (script == null) {
                throw new NoSuchElementException();
            }
            next = null;
            return script;
        }

        /** The next line, as UTF-8; null at the end. */
        private @Nullable String line() {
            number++;
            StringBuilder line = new StringBuilder();
            try {
                int c = lines.read();
                if (c < 0) {
                    return null;
                }
                for (; c >= 0 && c != '\n'; c = lines.read()) {
                    if (line.length() == MAX_LINE) {
                        throw fault("more than " + MAX_LINE + " characters", "a script");
                    }
                    line.append((char) c);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(Failure.reason(e), e);
            }
            return new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }

        private Replay.Script script(String line) {
            JsonElement element;
            try {
                element = JsonParser.parseString(line);
            } catch (JsonParseException e) {
                throw fault(quoted(line), "a JSON object");
            }
            if (!element.isJsonObject()) {
                throw fault(quoted(line), "a JSON object");
            }
            JsonObject object = element.getAsJsonObject();
            if (!(object.get("ops") instanceof JsonArray operations)) {
                throw fault(quoted(line), "\"ops\", an array of texts");
            }
            List<String> texts = new ArrayList<>();
            for (JsonElement operation : operations) {
                texts.add(text(operation, "ops", line));
            }
            return new Replay.Script(
                    file + ": line " + number,
                    text(object.get("id"), "id", line),
                    object.has("cmdline") ? text(object.get("cmdline"), "cmdline", line) : "",
                    texts);
        }

        private String text(@Nullable JsonElement element, String name, String line) {
            if (element == null
                    || !element.isJsonPrimitive()
                    || !element.getAsJsonPrimitive().isString()) {
                throw fault(quoted(line), "\"" + name + "\", a text");
            }
            return element.getAsString();
        }

        private static String quoted(String line) {
            return "'" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "'";
        }

        private MalformedInputException fault(String found, String expected) {
            return new MalformedInputException(file, "line", number, found, expected);
        }
    }
}
