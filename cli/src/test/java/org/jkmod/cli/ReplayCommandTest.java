package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
    @TempDir
    private Path home;

    private Shell shell;
    private Path scripts;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
        // What the first boot saves is the profile that comes along.
        assertThat(shell.run("boot", "--arch", "x86_64").status()).isZero();
        scripts = home.resolve("scripts.jsonl");
    }

    private Result replay(String text) throws IOException {
        Files.writeString(scripts, text, StandardCharsets.UTF_8);
        return shell.run(
                "replay",
                "--profile",
                shell.state().resolve("profile").toString(),
                "--files",
                Shell.MODULES.toString(),
                scripts.toString());
    }

    @Test
    void replay_ofAScript_tellsEachOperation() throws IOException {
        Result result = replay("{\"id\": \"one\", \"cmdline\": \"\", \"ops\": [\"load jkmod_ring.ko 0 size=1024\", "
                + "\"init -1 jkmod_echo.ko \", \"unload 2048 jkmod_ring\", \"unload 2048 nobody\"]}\n");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).hasLineCount(1);
        JsonObject object = JsonParser.parseString(result.out()).getAsJsonObject();
        assertThat(object.keySet()).containsExactly("id", "ops");
        assertThat(object.get("id").getAsString()).isEqualTo("one");
        List<JsonObject> ops = object.getAsJsonArray("ops").asList().stream()
                .map(op -> op.getAsJsonObject())
                .toList();
        assertThat(ops)
                .hasSize(4)
                .allSatisfy(
                        op -> assertThat(op.keySet()).containsExactly("op", "errno", "messages", "tainted", "modules"));
        assertThat(ops.stream().map(op -> op.get("errno").getAsString()))
                .containsExactly("OK", "OK", "EAGAIN", "ENOENT");
        assertThat(ops.get(0).get("op").getAsString()).isEqualTo("load jkmod_ring.ko 0 size=1024");
        assertThat(ops.get(0).getAsJsonArray("messages").get(0).getAsString())
                .isEqualTo("jkmod_ring: loading out-of-tree module taints kernel.");
        assertThat(ops.get(0).get("tainted").getAsLong()).isEqualTo(12288);
        assertThat(ops.get(1).getAsJsonArray("modules").get(1).getAsString())
                .matches("jkmod_ring \\d+ 1 jkmod_echo, Live 0x[0-9a-f]{16} .*");
        assertThat(ops.get(2).getAsJsonArray("messages")).isEmpty();
    }

    @Test
    void replay_ofScripts_bootsAKernelForEachAndKeepsTheirOrder() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String commandLine = i % 2 == 0 ? "" : ", \"cmdline\": \"module_blacklist=jkmod_ring\"";
            lines.add("{\"id\": \"" + i + "\"" + commandLine + ", \"ops\": [\"load jkmod_ring.ko 0 \"]}");
        }
        List<JsonObject> played = replay(String.join("\n\n", lines))
                .out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(played.stream().map(object -> object.get("id").getAsString()))
                .isEqualTo(IntStream.range(0, 100).mapToObj(String::valueOf).toList());
        for (int i = 0; i < 100; i++) {
            JsonObject op = played.get(i).getAsJsonArray("ops").get(0).getAsJsonObject();
            assertThat(op.get("errno").getAsString()).isEqualTo(i % 2 == 0 ? "OK" : "EPERM");
        }
    }

    @Test
    void replay_ofWhatTheKernelPrints_showsItAsKmsgDoes() throws IOException {
        Files.writeString(
                home.resolve("text.ko"), "no module, but longer than the header of an ELF file, which has 64 bytes");
        Files.writeString(scripts, "{\"id\":\"é\",\"ops\":[\"load text.ko 0 \"]}", StandardCharsets.UTF_8);
        Result result = shell.run(
                "replay",
                "--profile",
                shell.state().resolve("profile").toString(),
                "--files",
                home.toString(),
                scripts.toString());
        JsonObject object = JsonParser.parseString(result.out()).getAsJsonObject();
        assertThat(object.get("id").getAsString()).isEqualTo("é");
        assertThat(object.getAsJsonArray("ops")
                        .get(0)
                        .getAsJsonObject()
                        .getAsJsonArray("messages")
                        .toString())
                .isEqualTo("[\"Invalid ELF header magic: != \\\\x7fELF\"]");
    }

    @Test
    void replay_ofABadLine_namesItAfterTheGoodOnes() throws IOException {
        String good = "{\"id\": \"good\", \"ops\": []}\n";
        for (String[] bad : new String[][] {
            {"{\"id\": ", "line 2: found '{\"id\": ', expected a JSON object"},
            {"[1]", "line 2: found '[1]', expected a JSON object"},
            {"{\"id\": \"x\"}", "line 2: found '{\"id\": \"x\"}', expected \"ops\", an array of texts"},
            {"{\"ops\": []}", "line 2: found '{\"ops\": []}', expected \"id\", a text"},
            {"{\"id\": 1, \"ops\": []}", "line 2: found '{\"id\": 1, \"ops\": []}', expected \"id\", a text"},
            {"{\"id\": \"x\", \"ops\": [1]}", "line 2: found '{\"id\": \"x\", \"ops\": [1]}', expected \"ops\", a text"
            },
            {"{\"id\": \"x\", \"ops\": [\"dance\"]}", "line 2: dance: no operation: dance"},
            {"{\"id\": \"x\", \"ops\": [\"unload x y\"]}", "line 2: unload x y: no number: x"},
            {
                "{\"id\": \"x\", \"ops\": [\"load none.ko 0\"]}",
                "line 2: load none.ko 0: ../examples/modules/x86_64/none.ko"
            }
        }) {
            Result result = replay(good + bad[0] + "\n" + good);
            assertThat(result.err()).isEqualTo("jkmod replay: " + scripts + ": " + bad[1] + "\n");
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.out()).isEqualTo("{\"id\":\"good\",\"ops\":[]}\n");
        }
    }

    @Test
    void replay_ofWhatIsNot_isReportedInALine() throws IOException {
        String profile = shell.state().resolve("profile").toString();
        String modules = Shell.MODULES.toString();
        Files.writeString(scripts, "");
        String text = Files.writeString(home.resolve("text"), "nonsense").toString();
        String script = scripts.toString();
        assertThat(shell.run("replay", "--profile", "none", "--files", modules, script))
                .isEqualTo(new Result(1, "", "jkmod replay: none: No such file or directory\n"));
        assertThat(shell.run("replay", "--profile", text, "--files", modules, script)
                        .err())
                .isEqualTo("jkmod replay: " + text
                        + ": compression at 0x0: found Not in GZIP format, expected a gzip file\n");
        assertThat(shell.run("replay", "--profile", profile, "--files", "none", script))
                .isEqualTo(new Result(1, "", "jkmod replay: none: No such file or directory\n"));
        assertThat(shell.run("replay", "--profile", profile, "--files", text, script))
                .isEqualTo(new Result(1, "", "jkmod replay: " + text + ": Not a directory\n"));
        assertThat(shell.run("replay", "--profile", profile, "--files", modules, "none"))
                .isEqualTo(new Result(1, "", "jkmod replay: none: No such file or directory\n"));
        assertThat(shell.run("replay", "--profile", profile, "--files", modules, home.toString()))
                .isEqualTo(new Result(1, "", "jkmod replay: " + home + ": Is a directory\n"));
        assertThat(shell.run("replay", "--profile", profile, "--files", modules, script))
                .as("no script is no fault")
                .isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("replay", script).status()).isEqualTo(2);
    }
}
