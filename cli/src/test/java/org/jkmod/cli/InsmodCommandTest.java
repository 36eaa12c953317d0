package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class InsmodCommandTest {
    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    @Test
    void insmod_withoutAKernel_bootsOneAndIsSilent() {
        assertThat(shell.insmod("jkmod_ring", "size=1024", "account=1")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.state().resolve("journal")).hasContent("""
                        {"op":"boot","version":1,"time":"2026-01-01T00:00:00Z"}
                        {"op":"insmod","micros":0,"file":"jkmod_ring.ko",\
                        "module":"78cfeb909ecfaf78a285a54a03b62ad55d8df0dc703fad2306653c148218e9ae",\
                        "parameters":"size=1024 account=1"}
                        """);
    }

    @Test
    void insmod_byForce_loadsWhatWasBuiltForAnotherKernel() throws IOException {
        byte[] ring = Files.readAllBytes(Shell.MODULES.resolve("jkmod_ring.ko"));
        String changed = new String(ring, java.nio.charset.StandardCharsets.ISO_8859_1)
                .replace("SMP preempt mod_unload", "SMP preempt mod-unload");
        Path file =
                Files.write(home.resolve("other.ko"), changed.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThat(shell.run("insmod", file.toString()).status()).isEqualTo(1);
        assertThat(shell.run("insmod", "-f", file.toString())).isEqualTo(new Result(0, "", ""));
        assertThat(shell.state().resolve("journal")).content().contains(",\"force\":\"vermagic modversion\"}");
        assertThat(shell.run("lsmod").out())
                .as("by force again, from the journal")
                .contains("jkmod_ring ");
        assertThat(shell.run("dmesg").out()).contains("jkmod_ring: module_layout: kernel tainted.");
    }

    @Test
    void insmod_ofAnEmptyFile_isRefused() throws IOException {
        Path file = Files.createFile(home.resolve("empty.ko"));
        assertThat(shell.run("insmod", file.toString()))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod insmod: could not insert module " + file + ": Invalid parameters: the file is empty\n"));
    }

    @Test
    void insmod_ofADevice_isRefused() {
        assertThat(shell.run("insmod", "/dev/null"))
                .isEqualTo(new Result(1, "", "jkmod insmod: could not load module /dev/null: Not a regular file\n"));
    }

    @Test
    void insmod_ofCompressedFiles_loadsThem() throws IOException {
        byte[] ring = Files.readAllBytes(Shell.MODULES.resolve("jkmod_ring.ko"));
        ByteArrayOutputStream gz = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gz)) {
            out.write(ring);
        }
        ByteArrayOutputStream xz = new ByteArrayOutputStream();
        try (OutputStream out = new XZOutputStream(xz, new LZMA2Options(0))) {
            out.write(ring);
        }
        assertThat(insmodAndRmmod("jkmod_ring.ko.gz", gz.toByteArray())).isZero();
        assertThat(insmodAndRmmod("jkmod_ring.ko.xz", xz.toByteArray())).isZero();
        assertThat(insmodAndRmmod("jkmod_ring.ko.zst", Zstd.compress(ring))).isZero();
        assertThat(shell.state().resolve("modules")).isDirectoryContaining("glob:**.ko");
        try (var modules = Files.list(shell.state().resolve("modules"))) {
            assertThat(modules).as("one file, however it was compressed").hasSize(1);
        }
    }

    private int insmodAndRmmod(String name, byte[] bytes) throws IOException {
        Path file = Files.write(home.resolve(name), bytes);
        return shell.run("insmod", file.toString()).status()
                + shell.run("rmmod", file.toString()).status();
    }

    @Test
    void insmod_withUnknownSymbol_failsAndLeavesTaintsAndMessages() {
        Result result = shell.insmod("jkmod_orphan");
        assertThat(result)
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod insmod: could not insert module ../examples/modules/x86_64/jkmod_orphan.ko: "
                                + "Unknown symbol in module: jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n"));
        assertThat(shell.run("lsmod").out()).isEqualTo("Module                  Size  Used by\n");
        assertThat(shell.run("dmesg").out()).contains("jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)");
        shell.load("jkmod_ring");
        assertThat(shell.run("dmesg").out())
                .as("the kernel is tainted since the first attempt")
                .doesNotContain("jkmod_ring: loading out-of-tree module taints kernel.");
    }

    @Test
    void insmod_ofWhatIsLoaded_fails() {
        shell.load("jkmod_ring");
        assertThat(shell.insmod("jkmod_ring"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod insmod: could not insert module ../examples/modules/x86_64/jkmod_ring.ko: "
                                + "File exists: jkmod_ring: a module of that name is loaded already\n"));
    }

    @Test
    void insmod_withABadParameter_fails() {
        assertThat(shell.insmod("jkmod_ring", "size=big").err())
                .isEqualTo("jkmod insmod: could not insert module ../examples/modules/x86_64/jkmod_ring.ko: "
                        + "Invalid parameters: jkmod_ring: `big' invalid for parameter `size'\n");
    }

    @Test
    void insmod_ofAnUnreadableFile_saysWhy() {
        assertThat(shell.run("insmod", home.resolve("none.ko").toString()))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod insmod: could not load module " + home + "/none.ko: No such file or directory\n"));
        assertThat(shell.run("insmod", home.toString()))
                .isEqualTo(new Result(1, "", "jkmod insmod: could not load module " + home + ": Is a directory\n"));
        assertThat(shell.run("insmod", home + "/a\nb\u001b[1m.ko").err())
                .as("one line, and nothing that a terminal acts on")
                .isEqualTo("jkmod insmod: could not load module " + home
                        + "/a\\x0ab\\x1b[1m.ko: No such file or directory\n");
        assertThat(shell.state()).doesNotExist();
    }

    @Test
    void insmod_ofNoElfFile_saysWhy() throws IOException {
        Path file = Files.writeString(home.resolve("text.ko"), "#!/bin/sh\necho this is no module\n".repeat(9));
        Result result = shell.run("insmod", file.toString());
        assertThat(result)
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod insmod: could not insert module " + file + ": Invalid module format: text.ko: "
                                + "e_ident at 0x0: found bytes 23 21 2f 62, expected 7f 45 4c 46 (the ELF magic)\n"));
        assertThat(shell.state()).doesNotExist();
    }

    @Test
    void insmod_ofATruncatedFile_saysWhy() throws IOException {
        for (int length : new int[] {1, 63, 64, 3000, 19967}) {
            Path file = shell.copy("jkmod_ring", length);
            Result result = shell.run("insmod", file.toString());
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.out()).isEmpty();
            assertThat(result.err())
                    .startsWith("jkmod insmod: could not insert module " + file + ": Invalid module format: ")
                    .hasLineCount(1);
        }
    }

    @Test
    void insmod_ofAnotherArchitecturesModule_isRefusedByTheKernel() {
        shell.load("jkmod_ring");
        Path file = Path.of("../examples/modules/aarch64/jkmod_echo.ko");
        Result result = shell.run("insmod", file.toString());
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("jkmod insmod: could not insert module ../examples/modules/aarch64/jkmod_echo.ko: ")
                .hasLineCount(1);
    }

    @Test
    void insmod_withJson_printsTheModule() {
        shell.load("jkmod_ring");
        Result result = shell.run(
                "insmod", "--json", Shell.MODULES.resolve("jkmod_echo.ko").toString(), "upper=1");
        assertThat(result.status()).isZero();
        assertThat(result.out())
                .startsWith("""
                        {
                          "file": "../examples/modules/x86_64/jkmod_echo.ko",
                          "name": "jkmod_echo",
                          "size": 12288,
                          "references": 0,
                          "users": [],
                          "state": "Live",
                          "address": "0x""")
                .contains("""
                          "taints": "OE",
                          "uses": [
                            "jkmod_ring"
                          ],
                          "relocations": 206,
                          "memory": [
                            {
                              "type": "text",
                        """)
                .contains("\n  \"sections\": [\n    {\n      \"name\": \"")
                .endsWith("  ]\n}\n");
    }

    @Test
    void insmod_withJson_printsTheProblem() {
        Result result =
                shell.run("insmod", Shell.MODULES.resolve("jkmod_orphan.ko").toString(), "--json");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEqualTo("""
                        {
                          "file": "../examples/modules/x86_64/jkmod_orphan.ko",
                          "module": "jkmod_orphan",
                          "error": {
                            "kind": "UNKNOWN_SYMBOL",
                            "errno": 2,
                            "errnoName": "ENOENT",
                            "message": "jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)",
                            "meaning": "neither the kernel nor a loaded module exports the symbol",
                            "remedy": "build the module against this kernel"
                          }
                        }
                        """);
        assertThat(result.err()).hasLineCount(1);
    }

    @Test
    void insmod_later_hasItsTime() {
        shell.load("jkmod_ring");
        shell.sleep(Duration.ofMillis(90_061_500));
        shell.insmod("jkmod_orphan");
        assertThat(shell.run("dmesg").out())
                .endsWith("[90061.500000] jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n");
        shell.sleep(Duration.ofDays(-10));
        assertThat(shell.insmod("jkmod_orphan").status()).isEqualTo(1);
        assertThat(shell.run("dmesg").out())
                .as("the kernel's clock is not set back")
                .endsWith("[90061.500000] jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n".repeat(2));
    }
}
