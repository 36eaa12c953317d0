package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Usage, exit statuses, faults. */
class MainTest {
    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    /** Wrong usage. */
    record Case(List<String> args, String command, String message) {}

    static Stream<Case> usages() {
        return Stream.of(
                new Case(List.of(), "jkmod", "no command given"),
                new Case(
                        List.of("insmdo", "x.ko"),
                        "jkmod",
                        "unknown command 'insmdo'; did you mean insmod or lsmod or modinfo?"),
                new Case(List.of("--jsno"), "jkmod", "Unknown option: '--jsno'"),
                new Case(List.of("xyzzy"), "jkmod", "unknown command 'xyzzy'"),
                new Case(List.of("lsmod", "--jsno"), "jkmod lsmod", "Unknown option: '--jsno'; did you mean --json?"),
                new Case(
                        List.of("insmod", "--stat=x"),
                        "jkmod insmod",
                        "Unknown option: '--stat=x'; did you mean --state?"),
                new Case(List.of("insmod"), "jkmod insmod", "Missing required parameter: 'FILE'"),
                new Case(List.of("rmmod"), "jkmod rmmod", "Missing required parameter: 'NAME'"),
                new Case(List.of("lsmod", "x"), "jkmod lsmod", "Unmatched argument at index 1: 'x'"),
                new Case(
                        List.of("lsmod", "--state"),
                        "jkmod lsmod",
                        "Missing required parameter for option '--state' (DIR)"),
                new Case(List.of("boot", "--root", "/"), "jkmod boot", "Missing required argument(s): --release=REL"),
                new Case(
                        List.of("boot", "--profile", "p", "--arch", "x86_64"),
                        "jkmod boot",
                        "--profile=FILE, --arch=ARCH are mutually exclusive (specify only one)"));
    }

    @ParameterizedTest
    @MethodSource("usages")
    void usage_wrong_isReportedWithAHint(Case wrong) {
        assertThat(shell.run(wrong.args().toArray(String[]::new)))
                .isEqualTo(new Result(
                        2, "", wrong.command() + ": " + wrong.message() + " (see '" + wrong.command() + " --help')\n"));
        assertThat(home).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "check",
                "replay",
                "boot",
                "insmod",
                "rmmod",
                "lsmod",
                "dmesg",
                "kallsyms",
                "profile",
                "completion"
            })
    void help_ofACommand_hasUsageAndExamples(String command) {
        Result result = shell.run(command, "--help");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("Usage: jkmod " + command + " ").contains("Examples:\n  jkmod " + command);
        assertThat(result.out().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void help_namesAllCommands() {
        Result result = shell.run("--help");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .startsWith("""
                        The Linux kernel's module loader, on a simulated kernel.
                        Usage: jkmod [-hV] COMMAND
                        """)
                .contains(
                        "\n  demo ",
                        "\n  boot ",
                        "\n  insmod ",
                        "\n  rmmod ",
                        "\n  lsmod ",
                        "\n  dmesg ",
                        "\n  kallsyms ");
    }

    @Test
    void enums_areTakenInAnyCase() {
        for (String policy : List.of("kernel", "KERNEL", "Psabi")) {
            assertThat(shell.run(
                            "relocate", "--policy", policy, "--symbols", "none", "--sections", "s", "--out", "o", "f"))
                    .isEqualTo(new Result(1, "", "jkmod relocate: none: No such file or directory\n"));
        }
    }

    @Test
    void version_isOneLine() {
        assertThat(shell.run("--version").out()).matches("jkmod \\S.*\n");
        assertThat(shell.run("lsmod", "--version").out()).matches("jkmod \\S.*\n");
    }

    @Test
    void completion_isABashScript() throws Exception {
        Result result = shell.run("completion");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .startsWith("#!/usr/bin/env bash\n")
                .contains("insmod")
                .endsWith("\n");
        Path script = java.nio.file.Files.writeString(home.resolve("completion"), result.out());
        Process bash =
                new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start();
        assertThat(bash.waitFor()).isZero();
    }

    @Test
    void bug_isOneLineAndHasItsOwnStatus() {
        shell.clock = () -> {
            throw new IllegalStateException("no\ntime");
        };
        assertThat(shell.run("boot", "--arch", "x86_64"))
                .isEqualTo(new Result(70, "", "jkmod: internal error: java.lang.IllegalStateException: no\\x0atime\n"));
        shell.variables.put("JKMOD_DEBUG", "1");
        assertThat(shell.run("boot", "--arch", "x86_64").err())
                .startsWith("jkmod: internal error: java.lang.IllegalStateException: no\\x0atime\n")
                .contains("\tat org.jkmod.cli.");
    }

    @Test
    void standardOutput_remembersWhatWentWrong_butForABrokenPipe() {
        assertThat(failureOf("No space left on device")).isEqualTo("No space left on device");
        assertThat(failureOf("Broken pipe")).isEqualTo("none");
    }

    private static String failureOf(String message) {
        StandardOutput out = new StandardOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(message);
            }
        });
        try {
            out.write(new byte[1], 0, 1);
            throw new AssertionError("no exception");
        } catch (IOException e) {
            return out.failure().map(IOException::getMessage).orElse("none");
        }
    }

    @Test
    void path_thatIsNone_isOneLine() {
        assertThat(shell.run("depmod", "-b", "a\0b"))
                .isEqualTo(new Result(
                        2,
                        "",
                        "jkmod depmod: Invalid value for option '--basedir': a\\x00b: NUL in a path"
                                + " (see 'jkmod depmod --help')\n"));
        Result fast = shell.run("modinfo", "-b", "a\0b", "x");
        assertThat(fast.status()).isEqualTo(1);
        assertThat(fast.err()).matches("jkmod modinfo: \\S*a\\\\x00b: NUL in a path\n");
        assertThat(shell.run("modinfo", "--json", "-b", "a\0b", "x").status()).isEqualTo(1);
    }

    @Test
    void help_ofACommand_isThatCommandsHelp() {
        assertThat(shell.run("help", "modinfo")).isEqualTo(shell.run("modinfo", "--help"));
        assertThat(shell.run("help", "depmod").out()).contains("Usage: jkmod depmod ");
        assertThat(shell.run("help")).isEqualTo(shell.run("--help"));
        assertThat(shell.run("help", "xyzzy"))
                .isEqualTo(new Result(2, "", "jkmod: unknown command 'xyzzy' (see 'jkmod --help')\n"));
    }
}
