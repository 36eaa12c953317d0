package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.jkmod.cli.Shell.Result;
import org.jkmod.core.KernelProfile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileCommandTest {
    private static final String RELEASE = "6.12.107+deb13-amd64";
    private static final String VERMAGIC = RELEASE + " SMP preempt mod_unload modversions ";
    private static final String RING = Shell.MODULES.resolve("jkmod_ring.ko").toString();

    @TempDir
    private Path home;

    private Shell shell;
    private Path out;
    private Path symvers;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(home);
        out = home.resolve("out.profile");
        symvers = write("Module.symvers", "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
    }

    private Path write(String name, String text) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text, StandardCharsets.ISO_8859_1);
    }

    /** Runs the command, which must go well, and reads what it wrote. */
    private KernelProfile profile(String... args) throws IOException {
        assertThat(shell.run(arguments(args))).isEqualTo(new Result(0, "", ""));
        try (InputStream in = Files.newInputStream(out)) {
            return KernelProfile.read(in, "it");
        }
    }

    private String[] arguments(String... args) {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of("profile", "-o", out.toString()), java.util.stream.Stream.of(args))
                .toArray(String[]::new);
    }

    private String failure(String... args) {
        Result result = shell.run(arguments(args));
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("jkmod profile: ").hasLineCount(1);
        assertThat(out).doesNotExist();
        return result.err().substring("jkmod profile: ".length()).strip();
    }

    @Test
    void profile_ofSymversAlone_knowsTheExports() throws IOException {
        KernelProfile profile = profile("--symvers", symvers.toString(), "--release", RELEASE);
        assertThat(profile.release().text()).isEqualTo(RELEASE);
        assertThat(profile.architecture().name()).as("by the release's end").isEqualTo("x86_64");
        assertThat(profile.exports().size()).isEqualTo(1);
        assertThat(profile.config("MODVERSIONS")).as("there are checksums").contains("y");
        assertThat(profile.vermagic()).isEmpty();
        assertThat(profile.config("MODULE_SIG")).isEmpty();
        assertThat(profile.trustedKeys()).isEmpty();
        assertThat(profile("--symvers", symvers.toString(), "--release", "6.12.1", "--arch", "riscv64")
                        .architecture()
                        .name())
                .isEqualTo("riscv64");
    }

    @Test
    void profile_ofAModule_knowsWhatItsKernelIs() throws IOException {
        KernelProfile profile = profile("--module", RING);
        assertThat(profile.release().text()).isEqualTo(RELEASE);
        assertThat(profile.vermagic()).contains(VERMAGIC);
        assertThat(profile.thisModuleSize()).hasValue(1280);
        assertThat(profile.config("MODULE_UNLOAD")).contains("y");
        assertThat(profile.config("MODULE_SIG")).as("a module does not tell").isEmpty();
        assertThat(profile.exports().size()).isZero();
    }

    @Test
    void profile_ofAllSources_hasEach() throws IOException {
        ByteArrayOutputStream config = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(config)) {
            gzip.write("CONFIG_MODULE_SIG=y\nCONFIG_PAGE_SHIFT=12\n# CONFIG_MODULE_UNLOAD is not set\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        Files.write(home.resolve("config.gz"), config.toByteArray());
        Path kallsyms = write("kallsyms", "ffffffff81000000 T _text\nffffffff81000010 T printk\n");
        KernelProfile profile = profile(
                "--symvers",
                symvers.toString(),
                "--module",
                RING,
                "--kallsyms",
                kallsyms.toString(),
                "--config",
                home.resolve("config.gz").toString());
        assertThat(profile.config("MODULE_SIG")).contains("y");
        assertThat(profile.config("PAGE_SHIFT")).contains("12");
        assertThat(profile.config("MODULE_UNLOAD"))
                .as("the configuration goes before the version magic")
                .contains("n");
        assertThat(profile.config("MODULE_SIG_FORCE")).contains("n");
        assertThat(profile.addresses().orElseThrow().address(1)).isEqualTo(0xffffffff81000010L);
    }

    @Test
    void profile_ofARootWithOneKernel_needsNoRelease() throws IOException {
        Path root = home.resolve("root");
        Path module = root.resolve("lib/modules/" + RELEASE + "/kernel/jkmod_ring.ko");
        Files.createDirectories(module.getParent());
        Files.copy(Path.of(RING), module);
        write("root/usr/src/linux-headers-" + RELEASE + "/Module.symvers", "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n");
        assertThat(profile("--root", root.toString()).vermagic()).contains(VERMAGIC);
        assertThat(profile("--root", root.toString(), "--symvers", symvers.toString())
                        .exports()
                        .name(0))
                .as("what is named goes before the root's")
                .isEqualTo("printk");
        Files.delete(out);
        Files.createDirectories(root.resolve("lib/modules/6.1"));
        assertThat(failure("--root", root.toString()))
                .isEqualTo(root + ": several kernels, of which one must be named: 6.1, " + RELEASE);
        assertThat(failure("--root", home.toString())).isEqualTo(home + ": no kernel in lib/modules");
    }

    @Test
    void profile_withVerbose_saysWhatIsUnknown() throws IOException {
        Result result = shell.run(arguments("--module", RING, "-v"));
        assertThat(result.status()).isZero();
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .startsWith("jkmod profile: " + RELEASE
                        + " (x86_64): 0 exports, 3 values of the configuration, vermagic '" + VERMAGIC
                        + "', struct module of 1280 bytes; unknown: exports, addresses, trusted keys, CONFIG_")
                .hasLineCount(1);
    }

    @Test
    void profile_withJson_isAnObject() throws IOException {
        Result result = shell.run(arguments("--symvers", symvers.toString(), "--release", RELEASE, "--json"));
        JsonObject object = JsonParser.parseString(result.out()).getAsJsonObject();
        assertThat(object.keySet())
                .containsExactly(
                        "release",
                        "architecture",
                        "vermagic",
                        "thisModuleSize",
                        "config",
                        "exports",
                        "addresses",
                        "trustedKeys",
                        "sysfsModules",
                        "unknown");
        assertThat(object.get("vermagic").isJsonNull()).isTrue();
        assertThat(object.get("exports").getAsInt()).isEqualTo(1);
        assertThat(object.getAsJsonObject("config").get("MODVERSIONS").getAsString())
                .isEqualTo("y");
        assertThat(object.getAsJsonArray("unknown").toString()).contains("vermagic", "CONFIG_MODULE_SIG");
    }

    @Test
    void profile_ofASysfs_knowsTheBuiltInModulesInIt() throws IOException {
        Path sysfs = out.resolveSibling("sys");
        Files.createDirectories(sysfs.resolve("module/tpm"));
        Files.createDirectories(sysfs.resolve("module/jkmod_ring"));
        Files.createFile(sysfs.resolve("module/jkmod_ring/initstate"));
        Files.createFile(sysfs.resolve("module/a_file"));
        assertThat(profile("--module", RING, "--sysfs", sysfs.toString()).sysfsModules())
                .containsExactly("tpm");
    }

    @Test
    void profile_ofTheSameSources_isTheSameBytes() throws IOException {
        profile("--symvers", symvers.toString(), "--module", RING);
        byte[] first = Files.readAllBytes(out);
        profile("--symvers", symvers.toString(), "--module", RING);
        assertThat(Files.readAllBytes(out)).isEqualTo(first);
    }

    @Test
    void profile_ofWhatIsNot_isReportedInALine() throws IOException {
        String text = write("text", "nonsense\n").toString();
        assertThat(failure()).isEqualTo("nothing tells the kernel's release: give it, a module, or an image");
        assertThat(failure("--release", "nonsense")).isEqualTo("not a kernel release: nonsense");
        assertThat(failure("--release", "6.12"))
                .isEqualTo("architecture of 6.12 unknown: give it, or a module of that kernel");
        assertThat(failure("--release", "6.12", "--arch", "vax")).startsWith("no architecture 'vax': jkmod knows ");
        assertThat(failure("--release", RELEASE, "--symvers", "none")).isEqualTo("none: No such file or directory");
        assertThat(failure("--release", RELEASE, "--symvers", home.toString())).isEqualTo(home + ": Is a directory");
        assertThat(failure("--release", RELEASE, "--symvers", text)).startsWith(text + ": line 1: ");
        assertThat(failure("--release", RELEASE, "--config", text))
                .isEqualTo(text + ": line 1: found no CONFIG_SYMBOL=VALUE, expected a kernel's configuration");
        assertThat(failure("--release", RELEASE, "--image", text)).startsWith(text + ": image at 0x0: ");
        assertThat(failure("--module", text)).startsWith(text + ": ");
        String zeros = write("zeros", "0000000000000000 T _text\n").toString();
        assertThat(failure("--release", RELEASE, "--kallsyms", zeros))
                .isEqualTo(zeros + ": all addresses are zero: only root sees them (see kernel.kptr_restrict)");
        assertThat(failure("--release", "6.1", "--module", RING))
                .isEqualTo(RING + ": of the kernel " + RELEASE + ", not of 6.1");
        assertThat(failure("--module", RING, "--arch", "aarch64"))
                .isEqualTo(RING + ": a module for x86_64, not for aarch64");
    }

    @Test
    void profile_intoAFolderThatIsNot_isReportedInALine() {
        Result result = shell.run("profile", "--module", RING, "-o", home + "/no/such.profile");
        assertThat(result)
                .isEqualTo(new Result(
                        1, "", "jkmod profile: " + home + "/no/such.profile.new: No such file or directory\n"));
        assertThat(shell.run("profile", "--module", RING).status()).isEqualTo(2);
    }
}
