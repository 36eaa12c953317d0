package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DepmodCommandTest {
    @TempDir
    private Path home;

    private Shell shell;
    private Path folder;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(home);
        folder = Files.createDirectories(home.resolve("root/lib/modules/1.0"));
        for (String name : new String[] {"jkmod_ring", "jkmod_echo"}) {
            Files.copy(Shell.MODULES.resolve(name + ".ko"), folder.resolve(name + ".ko"));
        }
        Files.writeString(folder.resolve("modules.order"), "jkmod_ring.ko\njkmod_echo.ko\n");
        Files.writeString(folder.resolve("modules.builtin"), "kernel/a.ko\n");
        Files.write(folder.resolve("modules.builtin.modinfo"), new byte[0]);
    }

    private Result depmod(String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "depmod";
        all[1] = "-b";
        all[2] = home.resolve("root").toString();
        System.arraycopy(args, 0, all, 3, args.length);
        return shell.run(all);
    }

    @Test
    void depmod_tree_writesTheFilesQuietly() {
        assertThat(depmod("1.0")).isEqualTo(new Result(0, "", ""));
        assertThat(folder.resolve("modules.dep")).hasContent("jkmod_ring.ko:\njkmod_echo.ko: jkmod_ring.ko");
        assertThat(folder.resolve("modules.weakdep")).exists();
        assertThat(folder.resolve("modules.symbols.bin")).isNotEmptyFile();
    }

    /** What is plain is read without picocli; it must be the same command. */
    @Test
    void depmod_argumentsInAnyForm_meanTheSame() throws IOException {
        Path exports = Files.writeString(home.resolve("Module.symvers"), "");
        String base = home.resolve("root").toString();
        Result plain = shell.run("depmod", "-n", "-e", "-E", exports.toString(), "-b", base, "1.0");
        assertThat(plain.status()).isZero();
        assertThat(plain.out()).startsWith("jkmod_ring.ko:\n");
        assertThat(plain.err()).contains("needs unknown symbol");
        assertThat(shell.run("depmod", "-neE", exports.toString(), "-b" + base, "1.0"))
                .isEqualTo(plain);
        assertThat(shell.run("depmod", "--basedir=" + base, "--symvers=" + exports, "--errsyms", "--dry-run", "1.0"))
                .isEqualTo(plain);
        assertThat(shell.run("depmod", "--basedir", base, "--symvers", exports.toString(), "-e", "--show", "1.0"))
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-b", "--basedir="})
    void depmod_optionTwice_takesTheLast(String option) {
        String last = home.resolve("root").toString();
        Result result = option.equals("-b")
                ? shell.run("depmod", "-n", "-b", "nowhere", "-b", last, "1.0")
                : shell.run("depmod", "-n", option + "nowhere", option + last, "1.0");
        assertThat(result.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-E", "-F"})
    void depmod_missingFile_isOneLineInAnyForm(String option) {
        String file = home.resolve("nosuch").toString();
        Result result = depmod(option, file, "-e", "1.0");
        assertThat(result).isEqualTo(new Result(1, "", "jkmod depmod: " + file + ": No such file or directory\n"));
        assertThat(depmod(option + file, "-e", "1.0")).isEqualTo(result);
    }

    @Test
    void depmod_show_printsTheTextAndWritesNothing() {
        Result result = depmod("-n", "--compat", "30", "1.0");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .startsWith("jkmod_ring.ko:\njkmod_echo.ko: jkmod_ring.ko\n# Aliases extracted")
                .doesNotContain("# Weak");
        assertThat(depmod("-n", "1.0").out()).contains("# Weak dependencies");
        assertThat(folder.resolve("modules.dep")).doesNotExist();
    }

    @Test
    void depmod_outdir_writesThere() {
        assertThat(depmod("-o", home.resolve("out").toString(), "1.0").status()).isZero();
        assertThat(home.resolve("out/lib/modules/1.0/modules.dep")).exists();
        assertThat(folder.resolve("modules.dep")).doesNotExist();
    }

    @Test
    void depmod_quick_doesNothingIfNothingIsNewer() throws IOException {
        assertThat(depmod("-A", "1.0").status()).isZero();
        Path alias = folder.resolve("modules.alias");
        Files.delete(alias);
        assertThat(depmod("-A", "1.0")).isEqualTo(new Result(0, "", ""));
        assertThat(alias).doesNotExist();
        JsonObject json =
                JsonParser.parseString(depmod("-A", "--json", "1.0").out()).getAsJsonObject();
        assertThat(json.getAsJsonArray("files")).isEmpty();
        assertThat(json.get("modulesRead").getAsInt()).isZero();
        Files.setLastModifiedTime(folder.resolve("modules.dep"), FileTime.fromMillis(1_000));
        assertThat(depmod("-A", "1.0").status()).isZero();
        assertThat(alias).exists();
    }

    @Test
    void depmod_verbose_tellsWhatNeedsWhat() {
        assertThat(depmod("-v", "-n", "1.0").out())
                .contains("/jkmod_echo.ko needs \"jkmod_ring_alloc\": " + folder + "/jkmod_ring.ko\n");
    }

    @Test
    void depmod_json_isAnObject() {
        JsonObject json = JsonParser.parseString(depmod("--json", "1.0").out()).getAsJsonObject();
        assertThat(json.get("folder").getAsString()).isEqualTo(folder.toString());
        assertThat(json.getAsJsonArray("files")).hasSize(11);
        assertThat(json.getAsJsonArray("cycles")).isEmpty();
    }

    @Test
    void depmod_noTree_isAFailure() {
        assertThat(depmod("2.0"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod depmod: " + home.resolve("root/lib/modules/2.0") + ": No such file or directory\n"));
    }

    @Test
    void depmod_badUsage_isReported() {
        assertThat(depmod("x").err()).startsWith("jkmod depmod: 'x' is no kernel release");
        assertThat(depmod("x").status()).isEqualTo(2);
        assertThat(depmod("--compat", "31", "1.0").status()).isEqualTo(2);
        assertThat(depmod("-P", "ab", "1.0").status()).isEqualTo(2);
        assertThat(depmod("--jsno", "1.0").err()).contains("did you mean --json?");
        assertThat(depmod("1.0", "b.ko").err()).isEqualTo("jkmod depmod: b.ko: not absolute path.\n");
    }

    @Test
    void commands_haveTheNamesTheyAreListedBy() {
        for (String name : Main.COMMANDS) {
            assertThat(shell.run(name, "--help").out()).as(name).contains("Usage: jkmod " + name + " ");
        }
    }
}
