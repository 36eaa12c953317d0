package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jkmod map}. */
class MapCommandTest {
    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    /** jkmod_ring has four pages in the real kernel, too (KernelCommandsTest); each has a guard page. */
    @Test
    void map_ofAModule_isAsVmallocinfo() {
        shell.load("jkmod_ring");
        assertThat(shell.run("map")).isEqualTo(new Result(0, """
                        0xffffffffc0000000-0xffffffffc0002000    8192 jkmod_ring text pages=1 vmalloc r-x
                        0xffffffffc0002000-0xffffffffc0004000    8192 jkmod_ring data pages=1 vmalloc rw-
                        0xffffffffc0004000-0xffffffffc0006000    8192 jkmod_ring rodata pages=1 vmalloc r--
                        0xffffffffc0006000-0xffffffffc0008000    8192 jkmod_ring ro_after_init pages=1 vmalloc r--
                        """, ""));
    }

    @Test
    void map_withPicture_drawsTheRegion() {
        shell.load("jkmod_ring", "jkmod_echo");
        shell.run("rmmod", "jkmod_echo");
        List<String> lines = shell.run("map", "--picture").out().lines().toList();
        assertThat(lines)
                .containsExactly(
                        "0xffffffffc0000000 T|D|R|A|" + ".".repeat(56),
                        "0xffffffffc0040000 " + ".".repeat(64),
                        "                   4030 more rows like this",
                        "T text  D data  R rodata  A ro_after_init  t init_text  d init_data  r init_rodata",
                        "| guard page  # unused rest of a code block  . free",
                        "258048 pages of 4096 bytes, 8 allocated, 258040 free in 1 holes, the largest of 258040;"
                                + " fragmentation 0.0 %",
                        "per-CPU: 8192 bytes, 8160 free");
    }

    @Test
    void map_withJson_hasItAll() {
        shell.load("jkmod_ring");
        JsonObject map =
                JsonParser.parseString(shell.run("map", "--json").out()).getAsJsonObject();
        assertThat(map.get("pageSize").getAsInt()).isEqualTo(4096);
        assertThat(map.getAsJsonArray("mappings")).hasSize(4);
        assertThat(map.getAsJsonArray("mappings").get(0)).hasToString("""
                {"module":"jkmod_ring","type":"text","permissions":"r-x","start":"0xffffffffc0000000","size":4096,"guard":4096}""");
        assertThat(map.getAsJsonArray("moduleRegions")).hasSize(1);
        JsonObject accounting = map.getAsJsonObject("accounting");
        assertThat(accounting.get("free").getAsLong()).isEqualTo(258040L * 4096);
        assertThat(accounting.getAsJsonArray("holdings")).hasSize(5);
    }

    @Test
    void map_withoutAKernel_showsNothing() {
        assertThat(shell.run("map")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("map", "--picture")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("map", "--json")).isEqualTo(new Result(0, "{}\n", ""));
        assertThat(home).as("looking makes no folder").isEmptyDirectory();
    }

    @Test
    void map_withBothForms_isWrongUsage() {
        assertThat(shell.run("map", "--json", "--picture").status()).isEqualTo(2);
        assertThat(shell.run("map", "--help").out()).contains("--picture").contains("--json");
    }
}
