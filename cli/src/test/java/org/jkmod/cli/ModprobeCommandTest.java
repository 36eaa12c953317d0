package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.ModuleIndex;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** modprobe and its like on a tree of the example modules. */
class ModprobeCommandTest {
    private static final String RELEASE = "6.12.107+deb13-amd64";

    @TempDir
    private Path home;

    private Shell shell = new Shell(Path.of(""));
    private Path root = Path.of("");
    private Path folder = Path.of("");

    @BeforeEach
    void makeTree() throws IOException {
        shell = new Shell(home);
        root = home.resolve("root");
        folder = Files.createDirectories(root.resolve("lib/modules").resolve(RELEASE));
        Files.createDirectories(folder.resolve("kernel"));
        for (String name : List.of("ring", "echo", "stat", "closed", "thief", "orphan")) {
            Files.copy(Shell.MODULES.resolve("jkmod_" + name + ".ko"), folder.resolve("kernel/jkmod_" + name + ".ko"));
        }
        ModuleIndex.Builder dependencies = ModuleIndex.builder();
        int i = 0;
        for (String line : List.of(
                "kernel/jkmod_ring.ko:",
                "kernel/jkmod_echo.ko: kernel/jkmod_ring.ko",
                "kernel/jkmod_stat.ko: kernel/jkmod_echo.ko kernel/jkmod_ring.ko",
                "kernel/jkmod_closed.ko: kernel/jkmod_ring.ko",
                "kernel/jkmod_orphan.ko:")) {
            dependencies.add(line.substring(line.indexOf('/') + 1, line.indexOf('.')), line, i++);
        }
        write("modules.dep.bin", dependencies);
        write(
                "modules.alias.bin",
                ModuleIndex.builder().add("char_major_10_240", "jkmod_echo", 0).add("pci:v*", "jkmod_ring", 1));
        write("modules.builtin.bin", ModuleIndex.builder().add("unix", "", 0));
        Files.writeString(folder.resolve("modules.softdep"), "softdep jkmod_echo post: jkmod_stat\n");
        Files.createDirectories(root.resolve("etc/modprobe.d"));
    }

    private void write(String name, ModuleIndex.Builder index) throws IOException {
        Files.write(folder.resolve(name), index.build(Compat.KMOD_34));
    }

    private void config(String text) throws IOException {
        Files.writeString(root.resolve("etc/modprobe.d/test.conf"), text);
    }

    private Shell.Result run(String command, String... args) {
        List<String> all = new ArrayList<>(List.of(command, "--sysroot", root.toString(), "-S", RELEASE));
        all.addAll(List.of(args));
        return shell.run(all.toArray(new String[0]));
    }

    private Shell.Result modprobe(String... args) {
        return run("modprobe", args);
    }

    private String shown(String module, String parameters) {
        return "insmod " + folder.resolve("kernel/" + module + ".ko") + " " + parameters + "\n";
    }

    private String loaded() {
        return shell.run("lsmod")
                .out()
                .lines()
                .skip(1)
                .map(line -> line.replaceAll(" .*", ""))
                .toList()
                .toString();
    }

    @Test
    void showDepends_ofAModule_printsWhatKmodPrints() throws IOException {
        config("options jkmod_ring size=64\n");
        Shell.Result result = modprobe("-D", "jkmod-stat", "x=a b");
        assertThat(result.out())
                .isEqualTo(
                        shown("jkmod_ring", "size=64 ") + shown("jkmod_echo", "") + shown("jkmod_stat", "x=\"a b\""));
        assertThat(result.status()).isZero();
        assertThat(shell.state()).doesNotExist();
        assertThat(modprobe("-D", "unix").out()).isEqualTo("builtin unix\n");
        assertThat(modprobe("-R", "char-major-10-240").out()).isEqualTo("jkmod_echo\n");
    }

    @Test
    void module_thatIsNotThere_isOneLineAndStatusOne() {
        Shell.Result result = modprobe("-D", "nothing");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .isEqualTo("jkmod modprobe: FATAL: Module nothing not found in directory " + folder + "\n");
        assertThat(modprobe("-q", "-D", "nothing").err()).isEmpty();
        assertThat(modprobe("-D").status()).isEqualTo(2);
        assertThat(modprobe("-D", "--compat", "31", "a").err()).contains("--compat must be 30 or 34");
        assertThat(shell.run("modprobe", "-S", "../x", "-D", "a").err()).contains("'../x' is no kernel's release");
    }

    @Test
    void modprobe_loadsAndUnloads_inTheSimulatedKernel() throws IOException {
        config("options jkmod_ring size=64\n");
        Shell.Result result = modprobe("-v", "jkmod_stat");
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .isEqualTo(shown("jkmod_ring", "size=64 ") + shown("jkmod_echo", "") + shown("jkmod_stat", ""));
        assertThat(loaded()).isEqualTo("[jkmod_stat, jkmod_echo, jkmod_ring]");
        assertThat(modprobe("-v", "jkmod_stat")).isEqualTo(new Shell.Result(0, "", ""));
        assertThat(modprobe("--first-time", "jkmod_stat").err())
                .isEqualTo("jkmod modprobe: ERROR: could not insert 'jkmod_stat': Module already in kernel\n");
        assertThat(modprobe("-r", "jkmod_ring").err())
                .isEqualTo("jkmod modprobe: FATAL: Module jkmod_ring is in use.\n");
        assertThat(modprobe("-r", "-n", "-v", "jkmod_stat").out()).isEqualTo("rmmod jkmod_stat\n");
        assertThat(loaded()).isEqualTo("[jkmod_stat, jkmod_echo, jkmod_ring]");
        assertThat(modprobe("-r", "-v", "jkmod_stat").out()).isEqualTo("rmmod jkmod_stat\nrmmod jkmod_echo\n");
        assertThat(modprobe("-r", "jkmod_ring").status()).isZero();
        assertThat(loaded()).isEqualTo("[]");
    }

    @Test
    void module_thatTheKernelRefuses_isAnError() {
        Shell.Result result = modprobe("jkmod_orphan");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .startsWith(
                        "jkmod modprobe: ERROR: could not insert 'jkmod_orphan': Unknown symbol in module, or unknown"
                                + " parameter (see dmesg): ");
    }

    @Test
    void json_ofAPlan_hasTheReasons() {
        JsonObject plan = JsonParser.parseString(
                        modprobe("-D", "--json", "jkmod_echo").out())
                .getAsJsonObject();
        assertThat(plan.get("failed").getAsBoolean()).isFalse();
        JsonArray steps = plan.getAsJsonArray("steps");
        assertThat(steps.get(0).getAsJsonObject().get("why").toString())
                .isEqualTo("[\"dependency of jkmod_echo\",\"asked for\"]");
        JsonObject last = steps.get(steps.size() - 1).getAsJsonObject();
        assertThat(last.get("kind").getAsString()).isEqualTo("insmod");
        assertThat(last.get("module").getAsString()).isEqualTo("jkmod_stat");
        assertThat(last.get("why").toString()).isEqualTo("[\"soft dependency (post) of jkmod_echo\",\"asked for\"]");
        assertThat(last.get("required").getAsBoolean()).isFalse();
        JsonArray names =
                JsonParser.parseString(modprobe("-R", "--json", "pci:v1").out()).getAsJsonArray();
        assertThat(names.toString()).isEqualTo("[{\"name\":\"pci:v1\",\"modules\":[\"jkmod_ring\"]}]");
    }

    @Test
    void deniedModule_isNeverLoaded() {
        Shell.Result result = modprobe("--deny", "x,jkmod-r*", "jkmod_stat");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("jkmod modprobe: FATAL: Module jkmod_ring is denied by 'jkmod_r*': it is dependency of"
                        + " jkmod_stat, asked for\n");
        assertThat(modprobe("--allow", "jkmod_ring", "-D", "jkmod_echo").status())
                .isEqualTo(1);
    }

    @Test
    void commands_areRunOnlyIfThatIsAllowed() throws IOException {
        Path file = home.resolve("ran");
        config("install jkmod_orphan echo \"$MODPROBE_MODULE\" $CMDLINE_OPTS > " + file
                + "; echo said\noptions jkmod_orphan o=1\n");
        Shell.Result refused = modprobe("jkmod_orphan", "p=1");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).contains("its install command is not run without --allow-commands: echo");
        assertThat(file).doesNotExist();
        Shell.Result ran = modprobe("--allow-commands", "jkmod_orphan", "p=1");
        assertThat(ran).isEqualTo(new Shell.Result(0, "said\n", ""));
        assertThat(file).hasContent("jkmod_orphan o=1 p=1");
        config("install jkmod_orphan exit 3\n");
        assertThat(modprobe("--allow-commands", "jkmod_orphan").err()).contains("'exit 3' ended with status 3");
    }

    @Test
    void variable_modprobeOptions_comesFirst() {
        shell.variables.put("MODPROBE_OPTIONS", " -D 'jkmod_echo' -q");
        assertThat(modprobe("x=1").out()).contains(shown("jkmod_echo", "x=1"));
        shell.variables.put("MODPROBE_OPTIONS", "--nonsense");
        Shell.Result result = modprobe("jkmod_ring");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).startsWith("jkmod modprobe: MODPROBE_OPTIONS: Unknown option: '--nonsense'");
    }

    @Test
    void configuration_isThatOfTheRoot_andBytesStayBytes() throws IOException {
        Files.write(
                root.resolve("etc/modprobe.d/test.conf"),
                new byte[] {'b', 'l', 'a', 'c', 'k', 'l', 'i', 's', 't', ' ', (byte) 0xc3, (byte) 0xa9, '\n'});
        Shell.Result result = modprobe("-c", "--cmdline", "a.b=1 \"x");
        assertThat(result.out()).isEqualTo("""
                        blacklist \u00e9
                        options a b=1
                        softdep jkmod_echo post: jkmod_stat

                        # End of configuration files. Dumping indexes now:

                        alias char_major_10_240 jkmod_echo
                        alias pci:v* jkmod_ring
                        """);
        Path file = Files.writeString(home.resolve("cmdline"), "c.d=2\n");
        assertThat(modprobe("-c", "--json", "--cmdline", file.toString()).out()).contains("\"parameters\": \"d=2\"");
    }

    @Test
    void line_thatIsWrong_isAWarning() throws IOException {
        config("nonsense x\n");
        Shell.Result result = modprobe("-D", "jkmod_ring");
        assertThat(result.status()).isZero();
        assertThat(result.err())
                .isEqualTo("jkmod modprobe: WARNING: /etc/modprobe.d/test.conf line 1: ignoring bad line starting with"
                        + " 'nonsense'\n");
    }

    @Test
    void checksums_ofAFile_arePrinted() {
        String ring = Shell.MODULES.resolve("jkmod_ring.ko").toString();
        assertThat(shell.run("modprobe", "--show-exports", ring).out()).startsWith("0x36729108\tjkmod_ring_alloc\n");
        assertThat(shell.run("modprobe", "--show-modversions", ring, "--json").out())
                .contains("\"symbol\": \"module_layout\"");
        assertThat(shell.run(
                                "modprobe",
                                "--show-exports",
                                Shell.MODULES.resolve("jkmod_stat.ko").toString())
                        .err())
                .contains("could not get symbols of");
        assertThat(shell.run("modprobe", "--show-exports", "nothing.ko").status())
                .isEqualTo(1);
    }

    @Test
    void force_isRememberedByTheKernel() {
        assertThat(modprobe("--force-vermagic", "--force-modversion", "jkmod_ring")
                        .status())
                .isZero();
        assertThat(loaded()).isEqualTo("[jkmod_ring]");
    }

    @Test
    void modulesLoad_loadsTheLists() throws IOException {
        Files.createDirectories(root.resolve("etc/modules-load.d"));
        Files.writeString(root.resolve("etc/modules-load.d/a.conf"), "jkmod-ring\n# no\nnothing\nunix\n");
        config("blacklist jkmod_closed\n");
        Shell.Result shown = run("modules-load", "-D", "--cmdline", "modules_load=jkmod_closed,jkmod_echo");
        assertThat(shown.out())
                .isEqualTo(shown("jkmod_ring", "") + shown("jkmod_echo", "") + shown("jkmod_ring", "")
                        + shown("jkmod_echo", "") + shown("jkmod_stat", "") + shown("jkmod_ring", "")
                        + "builtin unix\n");
        assertThat(shown.status()).isEqualTo(1);
        assertThat(shown.err())
                .isEqualTo("jkmod modules-load: WARNING: Module nothing not found in directory " + folder + "\n");
        assertThat(run("modules-load", "-q").status()).isEqualTo(1);
        assertThat(loaded()).isEqualTo("[jkmod_ring]");
        assertThat(JsonParser.parseString(
                                run("modules-load", "-D", "-q", "--json").out())
                        .getAsJsonArray())
                .hasSize(3);
    }

    @Test
    void coldplug_loadsWhatDevicesWant() throws IOException {
        Path sysfs = home.resolve("sys");
        for (String device : List.of("a:pci:v1", "b:char-major-10-240", "c:none:x")) {
            Path path = Files.createDirectories(sysfs.resolve("devices").resolve(device.substring(0, 1)));
            Files.writeString(path.resolve("modalias"), device.substring(2) + "\n");
        }
        Shell.Result shown = run("coldplug", "--sysfs", sysfs.toString(), "-D", "-v");
        assertThat(shown.status()).isZero();
        assertThat(shown.out()).startsWith(shown("jkmod_ring", "") + shown("jkmod_ring", "") + shown("jkmod_echo", ""));
        assertThat(shown.err()).isEqualTo("jkmod coldplug: no module for devices/c: none:x\n");
        assertThat(run("coldplug", "--sysfs", sysfs.toString()).status()).isZero();
        assertThat(loaded()).isEqualTo("[jkmod_stat, jkmod_echo, jkmod_ring]");
        JsonArray devices = JsonParser.parseString(run("coldplug", "--sysfs", sysfs.toString(), "-D", "--json")
                        .out())
                .getAsJsonArray();
        assertThat(devices.get(1).getAsJsonObject().get("modules").toString()).isEqualTo("[\"jkmod_echo\"]");
        assertThat(run("coldplug", "--sysfs", home.toString()).status()).isEqualTo(1);
    }

    @Test
    void modulesLoad_ofAPath_looksForAName() throws IOException {
        Files.createDirectories(root.resolve("etc/modules-load.d"));
        Files.writeString(root.resolve("etc/modules-load.d/a.conf"), "/etc/passwd\n");
        Shell.Result result = run("modules-load", "-D");
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("Module /etc/passwd not found in directory");
    }

    @Test
    void emptyPattern_isWrongUsage() {
        for (String option : List.of("--deny", "--allow")) {
            Shell.Result result = modprobe("-D", option, "", "jkmod_ring");
            assertThat(result.status()).isEqualTo(2);
            assertThat(result.err()).contains("a pattern must not be empty");
            assertThat(shell.run("closure", "-d", root.toString(), option, "", "jkmod_ring")
                            .status())
                    .isEqualTo(2);
        }
    }
}
