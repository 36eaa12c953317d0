package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of GNU binutils on this machine. A test that needs one that is not there is skipped, and says so. */
enum HostTool {
    AS,
    LD,
    READELF;

    /** Runs the program, which must succeed without a word on its standard error, and returns what it printed. */
    List<String> run(Path folder, String... arguments) throws IOException, InterruptedException {
        String program = name().toLowerCase(Locale.ROOT);
        String host = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (this != READELF && !host.equals("Linux amd64")) {
            return abort("as and ld are asked for x86, and this is " + host + ": not compared with " + program);
        }
        Path out = Files.createTempFile(folder, program, ".out");
        Path err = Files.createTempFile(folder, program, ".err");
        ProcessBuilder command = new ProcessBuilder(
                Stream.concat(Stream.of(program), Stream.of(arguments)).toList());
        command.environment().put("LC_ALL", "C");
        command.directory(folder.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        Process process;
        try {
            process = command.start();
        } catch (IOException e) {
            return abort(program + " (GNU binutils) is not installed: not compared with it");
        }
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command.command() + " did not end within a minute");
        }
        assertThat(Files.readString(err, StandardCharsets.ISO_8859_1))
                .as("%s", command.command())
                .isEmpty();
        if (this != READELF) {
            // readelf -n fails, and does not say so, on an empty section of notes.
            assertThat(process.exitValue()).as("%s", command.command()).isZero();
        }
        return Files.readAllLines(out, StandardCharsets.ISO_8859_1);
    }

    /** What readelf says of an object. */
    static ElfText readelf(Path folder, Path object) throws IOException, InterruptedException {
        return ReadelfParser.parse(READELF.run(folder, "-W", "-h", "-S", "-s", "-r", "-n", "-g", object.toString()));
    }
}
