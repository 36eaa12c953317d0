package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** depends, closure, graph, static-nodes, on a tree of the example modules. */
class GraphCommandsTest {
    private static final String RELEASE = "6.12.107+deb13-amd64";

    @TempDir
    private Path home;

    private Shell shell;
    private Path root;

    @BeforeEach
    void tree() throws IOException {
        shell = new Shell(home);
        root = home.resolve("image");
        for (String name : List.of("jkmod_ring", "jkmod_echo", "jkmod_stat", "jkmod_closed")) {
            Path file = root.resolve("lib/modules/" + RELEASE + "/extra/" + name + ".ko");
            Files.createDirectories(file.getParent());
            Files.copy(Shell.MODULES.resolve(name + ".ko"), file);
        }
        put("modules.softdep", "softdep jkmod_stat pre: jkmod-closed post: nothing\n");
        put("modules.alias", "alias pci:v*d1* jkmod_echo\nalias ring jkmod_ring\n");
        put("modules.dep", """
                extra/jkmod_ring.ko:
                extra/jkmod_echo.ko: extra/jkmod_ring.ko
                extra/jkmod_stat.ko: extra/jkmod_echo.ko extra/jkmod_ring.ko
                extra/jkmod_closed.ko: extra/jkmod_ring.ko
                """);
    }

    private void put(String name, String text) throws IOException {
        Files.writeString(root.resolve("lib/modules/" + RELEASE + "/" + name), text, StandardCharsets.ISO_8859_1);
    }

    private Result run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(1, List.of("--root", root.toString()));
        return shell.run(all.toArray(String[]::new));
    }

    private String file(String name) {
        return root.resolve("lib/modules/" + RELEASE + "/extra/" + name + ".ko").toString();
    }

    @Test
    void depends_ofAModule_isWhatIsLoadedBefore() {
        assertThat(run("depends", "jkmod_stat")).isEqualTo(new Result(0, "jkmod_ring\njkmod_echo\n", ""));
        assertThat(run("depends", "--soft", "jkmod-stat").out())
                .isEqualTo("jkmod_ring\njkmod_echo\njkmod_closed\nnothing\n");
        assertThat(run("depends", "--direct", "jkmod_stat").out())
                .as("it uses both itself, which modules.dep does not say")
                .isEqualTo("jkmod_ring\njkmod_echo\n");
        assertThat(run("depends", "pci:v1d12").out()).as("an alias").isEqualTo("jkmod_ring\n");
        assertThat(run(
                                "depends",
                                Shell.MODULES
                                        .resolve("jkmod_stat.ko")
                                        .toAbsolutePath()
                                        .toString())
                        .out())
                .as("a file")
                .isEqualTo("jkmod_ring\njkmod_echo\n");
    }

    @Test
    void depends_reversed_isWhatNeedsIt() {
        assertThat(run("depends", "--reverse", "ring").out()).isEqualTo("jkmod_closed\njkmod_echo\njkmod_stat\n");
        assertThat(run("depends", "-r", "--direct", "jkmod_echo").out()).isEqualTo("jkmod_stat\n");
    }

    @Test
    void depends_withSymbols_namesThem() {
        assertThat(run("depends", "--symbols", "--direct", "jkmod_closed").out())
                .matches("jkmod_closed depends jkmod_ring: jkmod_ring_[a-z_ ]+\n");
    }

    @Test
    void depends_withJson_hasModulesAndDependencies() {
        assertThat(run("depends", "--soft", "--json", "jkmod_stat").out())
                .isEqualTo("""
                        {
                          "modules": [
                            {
                              "name": "jkmod_ring",
                              "file": "%1$s"
                            },
                            {
                              "name": "jkmod_echo",
                              "file": "%2$s"
                            },
                            {
                              "name": "jkmod_closed",
                              "file": "%3$s"
                            },
                            {
                              "name": "nothing",
                              "nowhere": true
                            }
                          ],
                          "dependencies": [
                            {
                              "source": "jkmod_stat",
                              "target": "jkmod_echo",
                              "kind": "depends",
                              "symbols": []
                            },
                            {
                              "source": "jkmod_stat",
                              "target": "jkmod_closed",
                              "kind": "pre"
                            },
                            {
                              "source": "jkmod_stat",
                              "target": "nothing",
                              "kind": "post"
                            },
                            {
                              "source": "jkmod_echo",
                              "target": "jkmod_ring",
                              "kind": "depends",
                              "symbols": []
                            },
                            {
                              "source": "jkmod_closed",
                              "target": "jkmod_ring",
                              "kind": "depends",
                              "symbols": []
                            }
                          ]
                        }
                        """.formatted(file("jkmod_ring"), file("jkmod_echo"), file("jkmod_closed")));
    }

    @Test
    void depends_ofNothing_fails() {
        assertThat(run("depends", "nothing"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod depends: module nothing not found in " + root.resolve("lib/modules/" + RELEASE) + "\n"));
        assertThat(run("depends").status()).isEqualTo(2);
        assertThat(shell.run("depends", "--root", home.toString(), "x"))
                .isEqualTo(new Result(1, "", "jkmod depends: no kernel has modules in " + home + "\n"));
        assertThat(run("depends", "--release", "../x", "x").err())
                .isEqualTo("jkmod depends: '../x' is no kernel's release\n");
    }

    @Test
    void releases_ofTwoKernels_mustBeChosen() throws IOException {
        Files.createDirectories(root.resolve("lib/modules/7.0.0"));
        assertThat(run("depends", "x").err())
                .isEqualTo("jkmod depends: --release must say which kernel of " + root + ": " + RELEASE + ", 7.0.0\n");
        assertThat(run("depends", "-S", RELEASE, "jkmod_echo").out()).isEqualTo("jkmod_ring\n");
    }

    @Test
    void closure_ofAModule_isALineAFile() {
        assertThat(run("closure", "jkmod_stat"))
                .isEqualTo(new Result(
                        0,
                        "insmod " + file("jkmod_ring") + "\ninsmod " + file("jkmod_echo") + "\ninsmod "
                                + file("jkmod_closed") + "\ninsmod " + file("jkmod_stat") + "\n",
                        ""));
        assertThat(run("closure", "--no-softdep", "--files", "jkmod_echo").out())
                .isEqualTo(file("jkmod_ring") + "\n" + file("jkmod_echo") + "\n");
        assertThat(run("closure", "-0", "jkmod_echo").out())
                .isEqualTo(file("jkmod_ring") + "\0" + file("jkmod_echo") + "\0");
    }

    @Test
    void closure_withAFilter_leavesOutOrFails() {
        assertThat(run("closure", "--files", "--deny", "x,*_closed", "jkmod_stat")
                        .out())
                .doesNotContain("jkmod_closed")
                .hasLineCount(3);
        assertThat(run("closure", "--deny", "*_ring", "jkmod_stat"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod closure: module jkmod_stat cannot be loaded: jkmod_stat needs jkmod_echo needs jkmod_ring, which is"
                                + " denied by '*_ring'\n"));
    }

    @Test
    void closure_withJson_saysWhy() {
        assertThat(run("closure", "--json", "--no-firmware", "--deny", "jkmod_closed", "jkmod_stat")
                        .out())
                .isEqualTo("""
                        {
                          "modules": [
                            {
                              "name": "jkmod_ring",
                              "file": "%s",
                              "why": "depends",
                              "by": "jkmod_stat"
                            },
                            {
                              "name": "jkmod_echo",
                              "file": "%s",
                              "why": "depends",
                              "by": "jkmod_stat"
                            },
                            {
                              "name": "jkmod_stat",
                              "file": "%s",
                              "why": "asked",
                              "by": "jkmod_stat"
                            }
                          ],
                          "builtins": [],
                          "absent": [
                            {
                              "source": "jkmod_stat",
                              "target": "nothing",
                              "kind": "post"
                            }
                          ],
                          "leftOut": [
                            {
                              "source": "jkmod_stat",
                              "target": "jkmod_closed",
                              "kind": "pre"
                            }
                          ],
                          "firmware": []
                        }
                        """.formatted(file("jkmod_ring"), file("jkmod_echo"), file("jkmod_stat")));
    }

    @Test
    void closure_ofADamagedModule_hasItAllTheSame() throws IOException {
        Files.writeString(Path.of(file("jkmod_ring")), "no module");
        assertThat(run("closure", "--files", "jkmod_ring").out()).isEqualTo(file("jkmod_ring") + "\n");
        Files.delete(Path.of(file("jkmod_ring")));
        assertThat(run("closure", "jkmod_ring"))
                .isEqualTo(new Result(1, "", "jkmod closure: " + file("jkmod_ring") + ": No such file or directory\n"));
    }

    @Test
    void closure_ofATreeThatLeavesItself_fails() throws IOException {
        put("modules.dep", "../../../../etc/passwd.ko:\n");
        Result result = run("closure", "passwd");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).hasLineCount(1).contains("modules.dep: line 1: found '../../../../etc/passwd.ko'");
    }

    @Test
    void graph_ofAModule_isDrawn() {
        assertThat(run("graph", "jkmod_echo").out()).isEqualTo("""
                        digraph modules {
                          rankdir=TB;
                          node [shape=box];
                          "jkmod_echo" [penwidth=2];
                          "jkmod_ring";
                          "jkmod_echo" -> "jkmod_ring";
                        }
                        """);
        assertThat(run("graph", "--format", "mermaid", "--reverse", "--depth", "1", "jkmod_ring")
                        .out())
                .isEqualTo("""
                        flowchart TD
                          n0["jkmod_closed"]
                          n1["jkmod_echo"]
                          n2["jkmod_ring"]
                          n3["jkmod_stat"]
                          n0 --> n2
                          n1 --> n2
                          n3 --> n1
                          n3 --> n2
                          n3 -.->|pre| n0
                        """);
        assertThat(run("graph", "--all", "--format", "svg", "--no-soft").out())
                .startsWith("<svg ")
                .contains("4 modules")
                .doesNotContain("nothing");
        assertThat(run("graph", "--json", "jkmod_closed").out()).contains("\"jkmod_ring_");
    }

    @Test
    void graph_ofNothingOrTooMuch_isWrongUsage() {
        assertThat(run("graph").err()).isEqualTo("jkmod graph: no NAME given (see 'jkmod graph --help')\n");
        assertThat(run("graph", "--all", "x").status()).isEqualTo(2);
        assertThat(run("graph", "--depth", "-1", "jkmod_ring").status()).isEqualTo(2);
        assertThat(run("graph", "--format", "png", "jkmod_ring").status()).isEqualTo(2);
    }

    @Test
    void staticNodes_ofATree_areThoseOfModulesDevname() throws IOException {
        put("modules.devname", "# Device nodes\nfuse fuse c10:229\nloop loop-control c10:237\n");
        assertThat(run("static-nodes", "-f", "devname"))
                .isEqualTo(new Result(0, "fuse fuse c10:229\nloop loop-control c10:237\n", ""));
        Path file = root.resolve("run/tmpfiles.d/static-nodes.conf");
        assertThat(run("static-nodes", "--format=tmpfiles", "--output=" + file)).isEqualTo(new Result(0, "", ""));
        assertThat(file)
                .content()
                .isEqualTo("c! /dev/fuse 0600 - - - 10:229\nc! /dev/loop-control 0600 - - - 10:237\n");
        assertThat(run("static-nodes", "--json").out()).startsWith("[\n  {\n    \"module\": \"fuse\",");
    }

    @Test
    void staticNodes_ofOddLines_fails() throws IOException {
        put("modules.devname", "bad\u001b[2J\nfuse fuse c10:229\n");
        assertThat(run("static-nodes", "-f", "devname"))
                .isEqualTo(new Result(
                        1, "fuse fuse c10:229\n", "jkmod static-nodes: invalid devname entry: bad\\x1b[2J\n"));
    }

    @Test
    void staticNodes_withoutAFile_areNone() {
        assertThat(run("static-nodes"))
                .isEqualTo(new Result(0, "", "jkmod static-nodes: no modules.devname of " + RELEASE + ": ignored\n"));
    }
}
