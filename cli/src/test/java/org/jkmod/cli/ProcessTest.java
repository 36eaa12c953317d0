package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process: its streams, and its locks between processes. */
@EnabledOnOs(OS.LINUX)
class ProcessTest {
    @TempDir
    private Path home;

    /** Starts a shell command in which {@code jkmod} is the command. */
    private Process start(String command) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder(
                "bash",
                "-c",
                "jkmod() { '" + java + "' -Xshare:auto -XX:TieredStopAtLevel=1 org.jkmod.cli.Main \"$@\"; }\n"
                        + command);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("XDG_STATE_HOME");
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.redirectErrorStream(true);
        return builder.start();
    }

    private String run(String command) throws Exception {
        Process process = start(command);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return out + process.waitFor();
    }

    @Test
    void insmods_inSeveralProcesses_areAllRemembered() throws Exception {
        assertThat(run("jkmod insmod " + Shell.MODULES + "/jkmod_ring.ko")).isEqualTo("0");
        List<Process> processes = new ArrayList<>();
        for (String module : List.of("jkmod_echo", "jkmod_closed")) {
            processes.add(start("jkmod insmod " + Shell.MODULES + "/" + module + ".ko"));
        }
        for (Process process : processes) {
            assertThat(process.waitFor()).isZero();
        }
        assertThat(run("jkmod lsmod | grep ^jkmod_ring"))
                .matches("jkmod_ring             16384  2 (jkmod_echo,jkmod_closed|jkmod_closed,jkmod_echo)\n0");
    }

    @Test
    void output_thatNobodyReads_endsQuietly() throws Exception {
        assertThat(run("jkmod demo | true; echo ${PIPESTATUS[0]}")).isEqualTo("0\n0");
    }

    @Test
    void symbols_thatNobodyReads_endWithTheirReader() throws Exception {
        String list = Files.writeString(home.resolve("list"), "ffffffff81000000 T _stext\nffffffff81000080 T _end\n")
                .toString();
        for (String form : List.of("", "--json")) {
            assertThat(run("timeout 30 yes 'x ffffffff81000044' 2>/dev/null | jkmod symbolize " + form + " --kallsyms '"
                            + list
                            + "' | head -1 >/dev/null; s=(${PIPESTATUS[@]}); [ ${s[0]} != 124 ] && echo ended ${s[1]}"))
                    .isEqualTo("ended 0\n0");
        }
    }

    @Test
    @Timeout(60)
    void symbols_ofTextThatGoesOn_areThereBeforeItEnds() throws Exception {
        String list = Files.writeString(home.resolve("list"), "ffffffff81000000 T _stext\nffffffff81000080 T _end\n")
                .toString();
        Process process = start("exec 2>/dev/null; jkmod symbolize --json --kallsyms '" + list + "'");
        try (Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write("x ffffffff81000044\n");
            in.flush();
            assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).startsWith("{\"line\":1,");
        }
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void output_thatCannotBeWritten_isAFailure() throws Exception {
        assertThat(Files.exists(Path.of("/dev/full"))).isTrue();
        assertThat(run("jkmod lsmod >/dev/full"))
                .isEqualTo("jkmod: cannot write to standard output: No space left on device\n1");
    }

    @Test
    void letters_thatTheLocaleHasNot_areAFailureOfOneLine() throws Exception {
        Files.createDirectory(home.resolve("r-é"));
        String in = "cd '" + home + "'; export LC_ALL=C; ";
        String why = "not in the locale's charset: set LC_ALL=C.UTF-8";
        assertThat(run(in + "jkmod modinfo -b r-é x"))
                .startsWith("jkmod modinfo: ")
                .endsWith(why + "\n1");
        assertThat(run(in + "jkmod depmod -b r-é")).contains(why).endsWith("\n2");
    }
}
