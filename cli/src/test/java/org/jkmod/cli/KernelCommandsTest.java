package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * rmmod, lsmod, dmesg, kallsyms.
 *
 * <p>What is expected comes from the real kernel: 6.12.107+deb13-amd64, booted under QEMU, with the same commands given to it. Sizes,
 * references, users and taints are those of its /proc/modules, and users come in the order of its sysfs, as lsmod shows them; messages those of its dmesg, but for what the modules' own init prints.
 */
class KernelCommandsTest {
    @TempDir
    private Path home;

    private Shell shell;

    @BeforeEach
    void setUp() {
        shell = new Shell(home);
    }

    @Test
    void lsmod_ofAChain_isWhatTheRealKernelHas() {
        shell.load("jkmod_ring", "jkmod_echo", "jkmod_stat", "jkmod_closed");
        assertThat(shell.run("lsmod")).isEqualTo(new Result(0, """
                        Module                  Size  Used by
                        jkmod_closed           12288  0
                        jkmod_stat             12288  0
                        jkmod_echo             12288  1 jkmod_stat
                        jkmod_ring             16384  3 jkmod_echo,jkmod_closed,jkmod_stat
                        """, ""));
    }

    @Test
    void lsmod_withJson_hasTheSame() {
        shell.load("jkmod_ring", "jkmod_closed");
        assertThat(shell.run("lsmod", "--json").out().replaceAll("0xffffffffc[0-9a-f]{7}", "ADDRESS"))
                .isEqualTo("""
                        [
                          {
                            "name": "jkmod_closed",
                            "size": 12288,
                            "references": 0,
                            "users": [],
                            "state": "Live",
                            "address": "ADDRESS",
                            "taints": "POE"
                          },
                          {
                            "name": "jkmod_ring",
                            "size": 16384,
                            "references": 1,
                            "users": [
                              "jkmod_closed"
                            ],
                            "state": "Live",
                            "address": "ADDRESS",
                            "taints": "OE"
                          }
                        ]
                        """);
    }

    @Test
    void rmmod_ofWhatIsInUse_isRefused() {
        shell.load("jkmod_ring", "jkmod_echo", "jkmod_stat");
        String before = shell.run("lsmod").out();
        assertThat(shell.run("rmmod", "jkmod_ring"))
                .isEqualTo(new Result(1, "", "jkmod rmmod: Module jkmod_ring is in use by: jkmod_echo jkmod_stat\n"));
        assertThat(shell.run("lsmod").out()).isEqualTo(before);
    }

    @Test
    void rmmod_ofSeveral_unloadsInTheirOrder() {
        shell.load("jkmod_ring", "jkmod_echo", "jkmod_stat");
        assertThat(shell.run("rmmod", "jkmod-stat", "jkmod_echo.ko", "/lib/modules/x/jkmod-ring.ko.xz"))
                .isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("lsmod").out()).isEqualTo("Module                  Size  Used by\n");
    }

    @Test
    void rmmod_ofSeveral_goesOnAfterAFailure() {
        shell.load("jkmod_ring", "jkmod_echo");
        assertThat(shell.run("rmmod", "nothing", "jkmod_ring", "jkmod_echo")).isEqualTo(new Result(1, "", """
                        jkmod rmmod: Module nothing is not currently loaded
                        jkmod rmmod: Module jkmod_ring is in use by: jkmod_echo
                        """));
        assertThat(shell.run("lsmod").out()).isEqualTo("""
                        Module                  Size  Used by
                        jkmod_ring             16384  0
                        """);
    }

    @Test
    void rmmod_byForce_unloadsWhatHasNoExit() {
        shell.load("jkmod_ring", "jkmod_echo");
        assertThat(shell.run("rmmod", "-f", "-s", "-v", "jkmod_ring"))
                .as("what modules use stays in any case")
                .isEqualTo(new Result(1, "", "jkmod rmmod: Module jkmod_ring is in use by: jkmod_echo\n"));
        assertThat(shell.run("rmmod", "--force", "jkmod_echo", "jkmod_ring")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("lsmod", "-s", "-v").out()).hasLineCount(1);
    }

    @Test
    void rmmod_withJson_saysWhatBecameOfEach() {
        shell.load("jkmod_ring", "jkmod_echo");
        assertThat(shell.run("rmmod", "--json", "jkmod_ring", "jkmod_echo"))
                .isEqualTo(new Result(1, """
                        [
                          {
                            "name": "jkmod_ring",
                            "error": "Module jkmod_ring is in use by: jkmod_echo",
                            "errno": 11,
                            "errnoName": "EAGAIN"
                          },
                          {
                            "name": "jkmod_echo"
                          }
                        ]
                        """, "jkmod rmmod: Module jkmod_ring is in use by: jkmod_echo\n"));
        assertThat(new Shell(home.resolve("none")).run("rmmod", "--json", "x"))
                .isEqualTo(new Result(1, """
                        [
                          {
                            "name": "x",
                            "error": "Module x is not currently loaded",
                            "errno": 2,
                            "errnoName": "ENOENT"
                          }
                        ]
                        """, "jkmod rmmod: Module x is not currently loaded\n"));
    }

    @Test
    void boot_withJson_saysWhatWasBooted() {
        assertThat(shell.run("boot", "--arch", "x86_64", "--json").out().replaceAll("\"exports\": [0-9]+", "N"))
                .isEqualTo("""
                        {
                          "release": "6.12.107+deb13-amd64",
                          "architecture": "x86_64",
                          N
                        }
                        """);
    }

    @Test
    void rmmodThenInsmod_ofTheSame_works() {
        shell.load("jkmod_ring");
        assertThat(shell.run("rmmod", "jkmod_ring").status()).isZero();
        shell.load("jkmod_ring");
        assertThat(shell.run("rmmod", "jkmod_ring").status()).isZero();
    }

    @Test
    void commands_withoutAKernel_showNothing() {
        assertThat(shell.run("lsmod")).isEqualTo(new Result(0, "Module                  Size  Used by\n", ""));
        assertThat(shell.run("lsmod", "--json")).isEqualTo(new Result(0, "[]\n", ""));
        assertThat(shell.run("dmesg")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("dmesg", "--json")).isEqualTo(new Result(0, "[]\n", ""));
        assertThat(shell.run("kallsyms")).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("kallsyms", "--json")).isEqualTo(new Result(0, "[]\n", ""));
        assertThat(shell.run("rmmod", "a-b", "c"))
                .isEqualTo(
                        new Result(
                                1,
                                "",
                                "jkmod rmmod: Module a_b is not currently loaded\njkmod rmmod: Module c is not currently loaded\n"));
        assertThat(home).as("looking makes no folder").isEmptyDirectory();
    }

    @Test
    void dmesg_ofLoadsAndFailures_isWhatTheRealKernelPrints() {
        shell.insmod("jkmod_echo");
        shell.sleep(Duration.ofMillis(100));
        shell.insmod("jkmod_ring", "size=1024", "account=1");
        shell.insmod("jkmod_ring");
        shell.insmod("jkmod_echo", "upper=1", "greeting=hi-", "sizes=64,128");
        shell.insmod("jkmod_stat", "nonsense=1");
        shell.insmod("jkmod_orphan");
        shell.sleep(Duration.ofMillis(1900));
        shell.run("rmmod", "jkmod_ring");
        shell.run("rmmod", "jkmod_stat", "jkmod_echo");
        shell.insmod("jkmod_echo", "burst=abc");
        assertThat(shell.run("dmesg")).isEqualTo(new Result(0, """
                        [    0.000000] jkmod_echo: loading out-of-tree module taints kernel.
                        [    0.000000] jkmod_echo: module verification failed: signature and/or required key missing - tainting kernel
                        [    0.000000] jkmod_echo: Unknown symbol jkmod_ring_read (err -2)
                        [    0.000000] jkmod_echo: Unknown symbol jkmod_ring_free (err -2)
                        [    0.000000] jkmod_echo: Unknown symbol jkmod_ring_waiting (err -2)
                        [    0.000000] jkmod_echo: Unknown symbol jkmod_ring_alloc (err -2)
                        [    0.000000] jkmod_echo: Unknown symbol jkmod_ring_write (err -2)
                        [    0.100000] jkmod_stat: unknown parameter 'nonsense' ignored
                        [    0.100000] jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)
                        [    2.000000] jkmod_echo: `abc' invalid for parameter `burst'
                        """, ""));
    }

    @Test
    void dmesg_withJson_hasTimesAndLevels() {
        shell.load("jkmod_ring");
        shell.sleep(Duration.ofMillis(1500));
        shell.insmod("jkmod_orphan");
        assertThat(shell.run("dmesg", "--json").out()).isEqualTo("""
                        [
                          {
                            "micros": 0,
                            "level": 4,
                            "text": "jkmod_ring: loading out-of-tree module taints kernel."
                          },
                          {
                            "micros": 0,
                            "level": 5,
                            "text": "jkmod_ring: module verification failed: signature and/or required key missing - tainting kernel"
                          },
                          {
                            "micros": 1500000,
                            "level": 4,
                            "text": "jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)"
                          }
                        ]
                        """);
    }

    @Test
    void kallsyms_ofAModule_hasItsSymbols() {
        shell.load("jkmod_ring");
        Result result = shell.run("kallsyms");
        assertThat(result.status()).isZero();
        assertThat(result.out().lines())
                .isNotEmpty()
                .allMatch(line -> line.matches("[0-9a-f]{16} [A-Za-z] \\S+\t\\[jkmod_ring]"))
                // An export has an upper-case type; a static function has not.
                .anyMatch(line -> line.endsWith(" T jkmod_ring_alloc\t[jkmod_ring]"))
                .anyMatch(line -> line.endsWith(" t jkmod_ring_exit\t[jkmod_ring]"))
                .noneMatch(line -> line.contains("jkmod_ring_init"));
    }

    @Test
    void kallsyms_ofHostileNames_sendsNoControlSequences() throws IOException {
        String bytes = Files.readString(Shell.MODULES.resolve("jkmod_ring.ko"), StandardCharsets.ISO_8859_1);
        String hostile = "jkmod\u001b[2J\n\t[x]";
        Path file = Files.writeString(
                home.resolve("hostile.ko"),
                bytes.replace("jkmod_ring_exit\0", hostile + "x\0"),
                StandardCharsets.ISO_8859_1);
        assertThat(shell.run("insmod", file.toString())).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("kallsyms").out()).contains(" jkmod\\x1b[2J\\x0a\\x09[x]x\t[jkmod_ring]\n");
        assertThat(shell.run("kallsyms", "--json").out()).contains("\"name\": \"jkmod\\u001b[2J\\n\\t[x]x\"");
    }

    @Test
    void kallsyms_withJson_hasTheSame() {
        shell.load("jkmod_ring");
        String lines = shell.run("kallsyms").out();
        String fromJson = shell.run("kallsyms", "--json")
                .out()
                .replaceAll("\\s*\\n\\s*", "")
                .replaceAll(
                        "[\\[{]*\"address\": \"0x([0-9a-f]{16})\",\"type\": \"(.)\",\"name\": \"([^\"]*)\",\"module\": "
                                + "\"([^\"]*)\"},?]?",
                        "$1 $2 $3\t[$4]\n");
        assertThat(fromJson).isEqualTo(lines);
        assertThat(lines.lines().collect(Collectors.toSet())).hasSizeGreaterThan(20);
    }

    @Test
    void state_ofItsOwn_isAnotherKernel() {
        shell.load("jkmod_ring");
        Path other = home.resolve("other");
        assertThat(shell.run("lsmod", "--state", other.toString()).out()).hasLineCount(1);
        assertThat(shell.run(
                                "insmod",
                                "--state",
                                other.toString(),
                                Shell.MODULES.resolve("jkmod_echo.ko").toString())
                        .status())
                .as("jkmod_ring is not in that one")
                .isEqualTo(1);
        shell.variables.put("XDG_STATE_HOME", other.resolve("xdg").toString());
        assertThat(shell.run("lsmod").out()).hasLineCount(1);
        shell.load("jkmod_ring");
        assertThat(other.resolve("xdg/jkmod/journal")).exists();
        shell.variables.put("XDG_STATE_HOME", "relative/is/ignored");
        assertThat(shell.run("lsmod").out()).hasLineCount(2);
        shell.variables.clear();
        assertThat(shell.run("lsmod"))
                .isEqualTo(new Result(
                        1, "", "jkmod lsmod: no --state given, and neither XDG_STATE_HOME nor HOME is set\n"));
    }
}
