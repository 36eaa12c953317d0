package org.jkmod.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jkmod.conformance.Variant.Boot;
import org.jkmod.core.Errno;

/**
 * What a kernel answered in one boot: {@code boot-N} in the folder of a recording, with {@code answers.json}, {@code kallsyms.txt}, and
 * {@code sys/module}, a folder for each module that is built in.
 *
 * @param boot how the kernel was booted
 * @param answers in the order in which they were given
 */
record VerdictAnswers(Boot boot, List<Answer> answers) {
    /** A process that asks was killed by the kernel, or the kernel died. */
    static final String KILLED = "KILLED";

    /** No answer for a minute. */
    static final String TIMEOUT = "TIMEOUT";

    static final String OK = "OK";

    /** A message and its level, as {@code /dev/kmsg} shows them. */
    record Message(int level, String text) {}

    /**
     * An answer.
     *
     * @param key the case's name, a slash, the step's number
     * @param errno its name; or {@link #OK}, {@link #KILLED}, {@link #TIMEOUT}
     * @param messages what the kernel printed meanwhile
     * @param tainted {@code /proc/sys/kernel/tainted} afterwards
     * @param modules the lines of {@code /proc/modules} afterwards
     */
    record Answer(String key, String errno, List<Message> messages, long tainted, List<String> modules) {
        /** The case's name. */
        String caseName() {
            return key.substring(0, key.indexOf('/'));
        }

        /** The step's number. */
        int step() {
            return Integer.parseInt(key.substring(key.indexOf('/') + 1));
        }

        /** Whether the kernel could not go on after it. */
        boolean isFatal() {
            return errno.equals(KILLED) || errno.equals(TIMEOUT);
        }
    }

    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /**
     * Makes a boot's folder of what the kernel left.
     *
     * @param shared the memory that it shared
     * @param init what its init was told
     * @param folder of the recording
     * @return how many answers there are
     * @throws IOException if a file cannot be read or written, or if the kernel gave no answer at all
     */
    static int collect(Path shared, Path init, Boot boot, Path folder) throws IOException {
        SharedMemory kept = SharedMemory.read(shared);
        List<Answer> answers = new ArrayList<>();
        for (Map.Entry<String, ByteBuffer> entry : kept.entries().entrySet()) {
            if (entry.getKey().contains("/")) {
                answers.add(parse(entry.getKey(), new String(kept.bytes(entry.getKey()), StandardCharsets.ISO_8859_1)));
            }
        }
        if (!kept.isComplete()) {
            List<String> lines = Files.readAllLines(init);
            String line = lines.get((int) kept.position() - 1);
            if (!line.startsWith("try ")) {
                throw new IOException("the kernel did not survive: " + line);
            }
            String key = line.split(" ", -1)[1];
            if (answers.stream().noneMatch(a -> a.key().equals(key))) {
                answers.add(new Answer(key, KILLED, List.of(), -1, List.of()));
            }
        }
        if (answers.isEmpty()) {
            throw new IOException("the kernel gave no answer");
        }
        write(
                kept,
                new VerdictAnswers(boot, answers),
                folder.resolve("boot-" + (folders(folder).size() + 1)));
        return answers.size();
    }

    private static void write(SharedMemory kept, VerdictAnswers answers, Path boot) throws IOException {
        Path modules = Files.createDirectories(boot.resolve("sys/module"));
        for (String name : new String(kept.bytes("sysfs.txt"), StandardCharsets.ISO_8859_1)
                .lines()
                .toList()) {
            if (!name.startsWith(".")) {
                Files.createDirectories(modules.resolve(name));
            }
        }
        Files.write(boot.resolve("kallsyms.txt"), kept.bytes("kallsyms.txt"));
        Files.writeString(boot.resolve("answers.json"), JSON.toJson(answers));
    }

    private static Answer parse(String key, String text) throws IOException {
        String errno = "";
        List<Message> messages = new ArrayList<>();
        List<String> modules = new ArrayList<>();
        long tainted = -1;
        for (String line : text.lines().toList()) {
            int blank = line.indexOf(' ');
            String what = blank < 0 ? line : line.substring(0, blank);
            String rest = line.substring(blank + 1);
            switch (what) {
                case "errno" -> errno = errno(Integer.parseInt(rest));
                case "killed" -> errno = KILLED;
                case "timeout" -> errno = TIMEOUT;
                case "message" -> messages.add(new Message(rest.charAt(0) - '0', rest.substring(2)));
                case "tainted" -> tainted = Long.parseLong(rest);
                case "module" -> modules.add(rest);
                default -> throw new IOException(key + ": not an answer: " + line);
            }
        }
        return new Answer(key, errno, messages, tainted, modules);
    }

    private static String errno(int number) {
        return number == 0 ? OK : Errno.of(number).map(Errno::name).orElse("errno " + number);
    }

    /** The boots' folders, in order. */
    static List<Path> folders(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> boots = Files.newDirectoryStream(folder, "boot-*")) {
            boots.forEach(found::add);
        }
        found.sort(java.util.Comparator.comparingInt(
                p -> Integer.parseInt(p.getFileName().toString().substring(5))));
        return found;
    }

    /** Reads a boot's folder. */
    static VerdictAnswers read(Path boot) throws IOException {
        return JSON.fromJson(Files.readString(boot.resolve("answers.json")), VerdictAnswers.class);
    }

    /** The cases that need not be asked again: all of their steps are answered, or one was fatal. */
    static Set<String> answered(VerdictPlan plan, Path folder) throws IOException {
        Set<String> keys = new HashSet<>();
        Set<String> done = new HashSet<>();
        for (Path boot : folders(folder)) {
            for (Answer answer : read(boot).answers()) {
                keys.add(answer.key());
                if (answer.isFatal()) {
                    done.add(answer.caseName());
                }
            }
        }
        for (VerdictPlan.Case c : plan.cases()) {
            if (keys.contains(c.key(c.steps().size() - 1))) {
                done.add(c.name());
            }
        }
        return done;
    }
}
