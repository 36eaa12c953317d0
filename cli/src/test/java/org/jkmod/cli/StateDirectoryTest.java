package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is kept between commands: damaged, and used by several at a time. */
class StateDirectoryTest {
    private static final String RING = "78cfeb909ecfaf78a285a54a03b62ad55d8df0dc703fad2306653c148218e9ae";
    private static final String BOOT = "{\"op\":\"boot\",\"version\":1,\"time\":\"2026-01-01T00:00:00Z\"}\n";

    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    /** A journal that is none. */
    record Case(String journal, int line, String found, String expected) {}

    static Stream<Case> journals() {
        return Stream.of(
                new Case("", 1, "''", "a JSON object of texts and numbers"),
                new Case("\n", 1, "''", "a JSON object of texts and numbers"),
                new Case("\0\0\0\0", 1, "'\\x00\\x00\\x00\\x00'", "a JSON object of texts and numbers"),
                new Case("[]\n", 1, "'[]'", "a JSON object of texts and numbers"),
                new Case("{\"op\":\"boot\"", 1, "'{\"op\":\"boot\"'", "a JSON object of texts and numbers"),
                new Case("{\"op\":[\"boot\"]}", 1, "'{\"op\":[\"boot\"]}'", "a JSON object of texts and numbers"),
                new Case("{\"op\":\"boot\"}{}", 1, "'{\"op\":\"boot\"}{}'", "a JSON object of texts and numbers"),
                new Case("{\"op\":\"boot\"}", 1, "'{\"op\":\"boot\"}'", "\"version\""),
                new Case(
                        BOOT.replace("1,", "2,"),
                        1,
                        "'{\"op\":\"boot\",\"version\":2,\"time\":\"2026-01-01T00:00:00Z\"}'",
                        "a journal of version 1"),
                new Case(
                        BOOT.replace("2026", "26"),
                        1,
                        "'{\"op\":\"boot\",\"version\":1,\"time\":\"26-01-01T00:00:00Z\"}'",
                        "a time as 2026-01-01T00:00:00Z"),
                new Case(BOOT + "{\"op\":\"reboot\"}\n", 2, "'{\"op\":\"reboot\"}'", "insmod or rmmod"),
                new Case(
                        BOOT + "{\"op\":\"rmmod\",\"micros\":1.5,\"name\":\"x\"}\n",
                        2,
                        "'{\"op\":\"rmmod\",\"micros\":1.5,\"name\":\"x\"}'",
                        "a number of microseconds"),
                new Case(
                        BOOT + "{\"op\":\"rmmod\",\"micros\":-1,\"name\":\"x\"}\n",
                        2,
                        "'{\"op\":\"rmmod\",\"micros\":-1,\"name\":\"x\"}'",
                        "an entry not older than the one before"),
                new Case(
                        BOOT + "{\"op\":\"insmod\",\"micros\":1,\"file\":\"x\",\"module\":\"../../x\"}\n",
                        2,
                        "'{\"op\":\"insmod\",\"micros\":1,\"file\":\"x\",\"module\":\"../../x\"}'",
                        "a SHA-256 of 64 hexadecimal digits"));
    }

    @ParameterizedTest
    @MethodSource("journals")
    void journal_damaged_isReportedInALine(Case damage) throws IOException {
        shell.load("jkmod_ring");
        Path journal = shell.state().resolve("journal");
        Files.writeString(journal, damage.journal());
        for (String[] command : new String[][] {{"lsmod"}, {"dmesg"}, {"kallsyms"}, {"rmmod", "jkmod_ring"}}) {
            assertThat(shell.run(command))
                    .isEqualTo(new Result(
                            1,
                            "",
                            "jkmod " + command[0] + ": " + journal + ": line " + damage.line() + ": found "
                                    + damage.found() + ", expected " + damage.expected()
                                    + " (to start over: jkmod boot --state " + shell.state() + ")\n"));
        }
        assertThat(shell.insmod("jkmod_ring").status()).isEqualTo(1);
        assertThat(shell.run("boot").status()).isZero();
        assertThat(shell.run("lsmod").out()).hasLineCount(1);
    }

    @Test
    void profile_damaged_isReportedInALine() throws IOException {
        shell.load("jkmod_ring");
        Path profile = shell.state().resolve("profile");
        byte[] bytes = Files.readAllBytes(profile);
        String startOver = " (to start over: jkmod boot --state " + shell.state() + ")\n";

        Files.write(profile, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod lsmod: " + profile
                                + ": compression at 0x0: found Unexpected end of ZLIB input stream, expected a gzip file"
                                + startOver));
        Files.writeString(profile, "nothing of the kind");
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod lsmod: " + profile
                                + ": compression at 0x0: found Not in GZIP format, expected a gzip file" + startOver));
        Files.delete(profile);
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(1, "", "jkmod lsmod: " + profile + ": No such file or directory" + startOver));
    }

    @Test
    void module_damaged_isReportedInALine() throws IOException {
        shell.load("jkmod_ring");
        Path module = shell.state().resolve("modules").resolve(RING + ".ko");
        String startOver = " (to start over: jkmod boot --state " + shell.state() + ")\n";
        Files.writeString(module, "abc");
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod lsmod: " + module + ": its SHA-256 is "
                                // FIPS 180-2, appendix B.1
                                + "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" + startOver));
        Files.delete(module);
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(1, "", "jkmod lsmod: " + module + ": No such file or directory" + startOver));
    }

    @Test
    void boot_overAKernel_forgetsIt() throws IOException {
        shell.load("jkmod_ring");
        assertThat(shell.run("boot", "--arch", "x86_64"))
                .isEqualTo(new Result(0, "6.12.107+deb13-amd64 (x86_64): 26734 exported symbols\n", ""));
        assertThat(shell.run("lsmod").out()).hasLineCount(1);
        assertThat(shell.run("dmesg").out()).isEmpty();
        assertThat(shell.state().resolve("modules")).isEmptyDirectory();
    }

    @Test
    void state_thatCannotBeMade_isReportedInALine() throws IOException {
        Path file = Files.writeString(home.resolve("file"), "");
        Result result = shell.run(
                "insmod",
                "--state",
                file.resolve("state").toString(),
                Shell.MODULES.resolve("jkmod_ring.ko").toString());
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).startsWith("jkmod insmod: " + file).hasLineCount(1);
        assertThat(shell.run("lsmod", "--state", file.toString()).out()).hasLineCount(1);
    }

    @Test
    void insmods_atTheSameTime_areAllRemembered() throws Exception {
        List<String> modules = List.of("jkmod_echo", "jkmod_closed");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 5; round++) {
                assertThat(shell.run("boot", "--arch", "x86_64").status()).isZero();
                shell.load("jkmod_ring");
                List<Callable<Integer>> tasks = new ArrayList<>();
                modules.forEach(module -> tasks.add(() -> shell.insmod(module).status()));
                for (int i = 0; i < 4; i++) {
                    tasks.add(() -> shell.run("lsmod").status());
                }
                for (Future<Integer> status : threads.invokeAll(tasks)) {
                    assertThat(status.get()).isZero();
                }
                assertThat(shell.run("lsmod").out())
                        .hasLineCount(4)
                        .contains("jkmod_ring             16384  2 ")
                        .contains("jkmod_echo             12288  0\n")
                        .contains("jkmod_closed           12288  0\n");
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void insmod_ofTheSameModuleAtTheSameTime_worksOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                tasks.add(() -> shell.insmod("jkmod_ring").status());
            }
            int failed = 0;
            for (Future<Integer> status : threads.invokeAll(tasks)) {
                failed += status.get();
            }
            assertThat(failed).isEqualTo(3);
            assertThat(shell.state().resolve("journal")).content().hasLineCount(5);
        } finally {
            threads.shutdown();
        }
    }
}
