package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

class CheckCommandTest {
    private static final String RELEASE = "6.12.107+deb13-amd64";
    private static final String RING = module("jkmod_ring");
    private static final String ECHO = module("jkmod_echo");
    private static final String ORPHAN = module("jkmod_orphan");

    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    private static String module(String name) {
        return Shell.MODULES.resolve(name + ".ko").toString();
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(home.resolve(name), text, StandardCharsets.ISO_8859_1);
    }

    /** A profile of another kernel, which exports nothing. */
    private String foreign(String release) throws IOException {
        Path symvers = write("symvers", "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n");
        Path profile = home.resolve(release + ".profile");
        Result result =
                shell.run("profile", "--release", release, "--symvers", symvers.toString(), "-o", profile.toString());
        assertThat(result).isEqualTo(new Result(0, "", ""));
        return profile.toString();
    }

    private static JsonObject object(String line) {
        return JsonParser.parseString(line).getAsJsonObject();
    }

    @Test
    void check_ofAGoodModule_loadsIntoTheKernelThatComesAlong() {
        Result result = shell.run("check", RING);
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .startsWith(RING + ": loads into " + RELEASE + " (taints: O E = 12288)\n" + """
                            jkmod_ring: loading out-of-tree module taints kernel.
                            jkmod_ring: module verification failed: signature and/or required key missing - tainting kernel
                        """.indent(0));
        assertThat(home).isEmptyDirectory();
    }

    @Test
    void check_ofAModuleWithoutItsProvider_saysWhatIsMissing() {
        Result result = shell.run("check", ORPHAN);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .startsWith(ORPHAN + ": does not load into " + RELEASE + ": ENOENT (No such file or directory)")
                .contains(
                        "    jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n",
                        "  UNKNOWN_SYMBOL (ENOENT): jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n",
                        "\n    -> ");
    }

    @Test
    void check_withALoadedProvider_loads() {
        assertThat(shell.run("check", ECHO).status()).isEqualTo(1);
        assertThat(shell.run("check", "--loaded", RING, ECHO).status()).isZero();
        Result twice = shell.run("check", "--loaded", RING, RING);
        assertThat(twice.status()).isEqualTo(1);
        assertThat(twice.out()).contains("EEXIST (File exists)");
    }

    @Test
    void check_withALoadedModuleThatDoesNotLoad_fails() {
        assertThat(shell.run("check", "--loaded", ORPHAN, RING))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod check: " + ORPHAN + ": does not load into " + RELEASE
                                + ": ENOENT: jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)\n"));
        assertThat(shell.run("check", "--loaded", "none", RING))
                .isEqualTo(new Result(1, "", "jkmod check: none: No such file or directory\n"));
    }

    @Test
    void check_ofEachArchitecture_takesItsOwnKernel() {
        for (String architecture : List.of("x86_64", "aarch64", "riscv64")) {
            String file = "../examples/modules/" + architecture + "/jkmod_ring.ko";
            JsonObject object = object(shell.run("check", "--json", file).out());
            assertThat(object.get("arch").getAsString()).isEqualTo(architecture);
            assertThat(object.get("loads").getAsBoolean()).isTrue();
        }
    }

    @Test
    void check_ofWhatIsNoModule_hasTheKernelsVerdict() throws IOException {
        Result result = shell.run("check", write("text", "nonsense").toString());
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("does not load into " + RELEASE + ": ENOEXEC (Exec format error)");
        assertThat(shell.run("check", write("empty", "").toString()).status()).isEqualTo(1);
        assertThat(shell.run("check", shell.copy("jkmod_ring", 100).toString()).status())
                .isEqualTo(1);
    }

    @Test
    void check_ofACompressedModule_isThatOfTheModule() throws IOException {
        Path file = home.resolve("jkmod_ring.ko.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            Files.copy(Path.of(RING), out);
        }
        assertThat(shell.run("check", file.toString()).status()).isZero();
        Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 1000));
        Result damaged = shell.run("check", file.toString());
        assertThat(damaged.status()).isEqualTo(1);
        assertThat(damaged.out()).isEmpty();
        assertThat(damaged.err())
                .isEqualTo(
                        "jkmod check: " + file
                                + ": GZIP stream at 0x0: found Unexpected end of ZLIB input stream, expected an undamaged file\n");
    }

    @Test
    void check_withParametersAndCommandLine_givesThemToTheKernel() {
        assertThat(shell.run("check", "--params", "size=big", RING).out())
                .contains("EINVAL (Invalid argument)", "jkmod_ring: `big' invalid for parameter `size'");
        assertThat(shell.run("check", "--params", "size=1024 account=1", RING).status())
                .isZero();
        assertThat(shell.run("check", "--cmdline", "module_blacklist=jkmod_ring", RING)
                        .out())
                .contains("EPERM (Operation not permitted)", "BLACKLISTED (EPERM)");
    }

    @Test
    void check_withForce_ignoresTheVermagic() throws IOException {
        String bytes = Files.readString(Path.of(RING), StandardCharsets.ISO_8859_1);
        String other = write("other.ko", bytes.replace("6.12.107+deb13-amd64 SMP", "6.12.107+deb13-amd64 UP "))
                .toString();
        assertThat(shell.run("check", other).out()).contains("VERMAGIC (ENOEXEC)");
        assertThat(shell.run("check", "--force-vermagic", other).status()).isZero();
        assertThat(shell.run("check", "--force-vermagic", "--json", other).out())
                .contains("\"taints\":[\"F\",");
        assertThat(shell.run("check", "--force-modversion", "--json", RING).out())
                .contains("\"taints\":[\"F\",");
    }

    @Test
    void check_withJson_isAnObjectALine() {
        Result result = shell.run("check", "--json", RING, ORPHAN);
        assertThat(result.status()).isEqualTo(1);
        List<JsonObject> objects =
                result.out().lines().map(CheckCommandTest::object).toList();
        assertThat(objects)
                .hasSize(2)
                .allSatisfy(object -> assertThat(object.keySet())
                        .containsExactly(
                                "file",
                                "release",
                                "arch",
                                "loads",
                                "errno",
                                "messages",
                                "taints",
                                "problems",
                                "tainted",
                                "unknown"));
        JsonObject good = objects.get(0);
        assertThat(good.get("file").getAsString()).isEqualTo(RING);
        assertThat(good.get("release").getAsString()).isEqualTo(RELEASE);
        assertThat(good.get("errno").getAsString()).isEqualTo("OK");
        assertThat(good.get("taints").toString()).isEqualTo("[\"O\",\"E\"]");
        assertThat(good.get("tainted").getAsLong()).isEqualTo(12288);
        JsonObject bad = objects.get(1);
        assertThat(bad.get("errno").getAsString()).isEqualTo("ENOENT");
        JsonObject problem = bad.getAsJsonArray("problems").asList().stream()
                .map(p -> p.getAsJsonObject())
                .filter(p -> p.get("kind").getAsString().equals("UNKNOWN_SYMBOL"))
                .findFirst()
                .orElseThrow();
        assertThat(problem.keySet()).containsExactly("kind", "errno", "message", "meaning", "remedy");
        assertThat(problem.get("errno").getAsString()).isEqualTo("ENOENT");
        assertThat(problem.get("message").getAsString())
                .isEqualTo("jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)");
    }

    @Test
    void check_ofSeveralKernels_isATableWithTheProblemsBelow() throws IOException {
        String first = foreign("6.1.0-1-amd64");
        String second = foreign("6.6.0-2-amd64");
        Result result = shell.run("check", "--profile", first, "--profile", second, RING, ORPHAN);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEmpty();
        int width = RING.length() + 2;
        assertThat(result.out())
                .startsWith("file" + " ".repeat(width - 4) + "  6.1.0-1-amd64  6.6.0-2-amd64\n" + RING
                        + "    ENOENT         ENOENT\n" + ORPHAN + "  ENOENT         ENOENT\n\n")
                .contains("jkmod_ring.ko on 6.1.0-1-amd64")
                .endsWith("\n2 files, 2 kernels: 0 of 4 load\n");
    }

    @Test
    void check_ofManyKernels_numbersThem() throws IOException {
        String[] args = new String[2 + 2 * 8];
        args[0] = "check";
        for (int i = 0; i < 8; i++) {
            args[2 * i + 1] = "--profile";
            args[2 * i + 2] = foreign("6.1." + i + "-rather-long-amd64");
        }
        args[args.length - 1] = RING;
        assertThat(shell.run(args).out())
                .startsWith("1: 6.1.0-rather-long-amd64\n2: ")
                .contains("  1       2       3  ", "8 kernels: 0 of 8 load\n");
    }

    @Test
    void check_ofTheSameReleaseTwice_hasTwoColumns() throws IOException {
        String profile = foreign("6.1.0-1-amd64");
        assertThat(shell.run("check", "--profile", profile, "--profile", profile, RING)
                        .out())
                .contains("  6.1.0-1-amd64  6.1.0-1-amd64\n", "1 files, 2 kernels: 0 of 2 load\n");
    }

    @Test
    void check_ofAFolder_checksTheModulesBelow() throws IOException {
        Result result = shell.run("check", Shell.MODULES.toString(), "--jobs", "3");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out().lines().skip(1).limit(6).map(line -> line.replaceAll(" .*", "")))
                .containsExactly(
                        module("jkmod_closed"),
                        module("jkmod_echo"),
                        module("jkmod_orphan"),
                        module("jkmod_ring"),
                        module("jkmod_stat"),
                        module("jkmod_thief"));
        assertThat(shell.run("check", home.toString()))
                .isEqualTo(new Result(1, "", "jkmod check: " + home + ": no modules below it\n"));
    }

    @Test
    void check_withAFileThatCannotBeRead_goesOnWithTheOthers() {
        Result result = shell.run("check", "none.ko", RING);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("jkmod check: none.ko: No such file or directory\n");
        assertThat(result.out()).contains("2 files, 1 kernels: 1 of 1 load; 1 files could not be read\n");
        List<JsonObject> objects = shell.run("check", "--json", "none.ko", RING)
                .out()
                .lines()
                .map(CheckCommandTest::object)
                .toList();
        assertThat(objects.get(0).get("loads").getAsBoolean()).isFalse();
        assertThat(objects.get(0).getAsJsonArray("problems").toString())
                .contains("UNREADABLE", "none.ko: No such file or directory");
        assertThat(objects.get(1).get("loads").getAsBoolean()).isTrue();
    }

    @Test
    void check_withRoots_takesTheirKernels() throws IOException {
        Path root = home.resolve("root");
        for (String release : List.of("6.1.0-1-amd64", "6.6.0-2-amd64")) {
            Files.createDirectories(root.resolve("lib/modules").resolve(release));
            Path headers = Files.createDirectories(root.resolve("usr/src/linux-headers-" + release));
            Files.writeString(headers.resolve("Module.symvers"), "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n");
        }
        assertThat(shell.run(
                                "check",
                                "--root",
                                root.toString(),
                                "--release",
                                "6.1.0-1-amd64",
                                "--profile",
                                foreign("6.2.0-amd64"),
                                "--root",
                                root.toString(),
                                "--release",
                                "6.6.0-2-amd64",
                                "--json",
                                RING)
                        .out()
                        .lines()
                        .map(line -> object(line).get("release").getAsString()))
                .as("profiles first")
                .containsExactly("6.2.0-amd64", "6.1.0-1-amd64", "6.6.0-2-amd64");
        assertThat(shell.run("check", "--root", root.toString(), RING))
                .isEqualTo(
                        new Result(
                                2,
                                "",
                                "jkmod check: each --root needs a --release, and each --release a --root (see 'jkmod check --help')\n"));
    }

    @Test
    void check_withJunit_writesASuiteAKernel() throws Exception {
        Path xml = home.resolve("out.xml");
        String hostile = home.resolve("a<b>&\u0001\"']]>.ko").toString();
        Files.copy(Path.of(ORPHAN), Path.of(hostile));
        Result result = shell.run(
                "check",
                "--junit",
                xml.toString(),
                "--profile",
                foreign("6.1.0-1-amd64"),
                "--profile",
                foreign("6.6.0-2-amd64"),
                RING,
                hostile,
                "none.ko");
        assertThat(result.status()).isEqualTo(1);
        Element root = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(xml.toFile())
                .getDocumentElement();
        assertThat(root.getTagName()).isEqualTo("testsuites");
        assertThat(root.getElementsByTagName("testsuite").getLength()).isEqualTo(2);
        Element suite = (Element) root.getElementsByTagName("testsuite").item(1);
        assertThat(suite.getAttribute("name")).isEqualTo("6.6.0-2-amd64 (x86_64)");
        assertThat(suite.getAttribute("tests")).isEqualTo("3");
        assertThat(suite.getAttribute("failures")).isEqualTo("2");
        assertThat(suite.getAttribute("errors")).isEqualTo("1");
        assertThat(suite.getElementsByTagName("testcase").getLength()).isEqualTo(3);
        Element failed = (Element) suite.getElementsByTagName("testcase").item(1);
        assertThat(failed.getAttribute("name")).isEqualTo(hostile.replace("\u0001", "\\x01"));
        Element failure = (Element) failed.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).startsWith("ENOENT: jkmod_orphan: Unknown symbol ");
        assertThat(failure.getTextContent()).contains("  -> ");
        Element unreadable = (Element) suite.getElementsByTagName("error").item(0);
        assertThat(unreadable.getAttribute("message")).isEqualTo("none.ko: No such file or directory");
        assertThat(shell.run("check", "--junit", home + "/no/out.xml", RING).err())
                .isEqualTo("jkmod check: " + home + "/no/out.xml.new: No such file or directory\n");
    }

    @Test
    void check_withJunitAndOnlyGoodModules_hasNoFailure() throws Exception {
        Path xml = home.resolve("out.xml");
        assertThat(shell.run("check", "--junit", xml.toString(), RING).status()).isZero();
        Element root = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(xml.toFile())
                .getDocumentElement();
        assertThat(root.getElementsByTagName("testcase").getLength()).isEqualTo(1);
        assertThat(root.getElementsByTagName("failure").getLength()).isZero();
        assertThat(home).isDirectoryNotContaining(file -> !file.equals(xml));
    }

    @Test
    void check_ofWhatIsNot_isReportedInALine() throws IOException {
        String text = write("text", "nonsense").toString();
        assertThat(shell.run("check", "--profile", text, RING))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod check: " + text
                                + ": compression at 0x0: found Not in GZIP format, expected a gzip file\n"));
        assertThat(shell.run("check", "--profile", "none", RING))
                .isEqualTo(new Result(1, "", "jkmod check: none: No such file or directory\n"));
        assertThat(shell.run("check", "--jobs", "0", RING).status()).isEqualTo(2);
        assertThat(shell.run("check").err())
                .isEqualTo("jkmod check: Missing required parameter: 'FILE' (see 'jkmod check --help')\n");
        assertThat(shell.run("chekc", RING).err()).contains("did you mean check");
    }
}
