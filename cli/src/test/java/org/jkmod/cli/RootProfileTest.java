package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jkmod.cli.Shell.Result;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.RootProfile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles of roots, and {@code jkmod boot} with them. Not in kmod, because the architectures are here. */
class RootProfileTest {
    private static final String RELEASE = "6.12.107+deb13-amd64";

    @TempDir
    private Path root;

    private Path modules;
    private Path headers;

    @BeforeEach
    void setUp() throws IOException {
        modules = Files.createDirectories(root.resolve("lib/modules").resolve(RELEASE));
        headers = Files.createDirectories(root.resolve("usr/src/linux-headers-" + RELEASE));
        write(headers.resolve("Module.symvers"), "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
    }

    private static void addModule(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.copy(Shell.MODULES.resolve("jkmod_ring.ko"), file);
    }

    private KernelProfile profile() throws IOException {
        return RootProfile.of(root, RELEASE, Optional.empty());
    }

    @Test
    void profile_ofARoot_hasWhatItsFilesSay() throws IOException {
        addModule(modules.resolve("kernel/lib/jkmod_ring.ko"));
        write(root.resolve("boot/config-" + RELEASE), """
                CONFIG_MODULES=y
                CONFIG_MODULE_SIG=y
                # CONFIG_MODULE_SIG_FORCE is not set
                CONFIG_MODVERSIONS=y
                """);
        write(root.resolve("boot/System.map-" + RELEASE), "ffffffff81000000 T _text\nffffffff81000010 T printk\n");
        KernelProfile profile = profile();
        assertThat(profile.release().text()).isEqualTo(RELEASE);
        assertThat(profile.architecture().name()).isEqualTo("x86_64");
        // As modinfo and readelf show it for jkmod_ring.ko.
        assertThat(profile.vermagic()).contains("6.12.107+deb13-amd64 SMP preempt mod_unload modversions ");
        assertThat(profile.thisModuleSize()).hasValue(1280);
        assertThat(profile.exports().size()).isEqualTo(1);
        assertThat(profile.config("MODULE_SIG")).contains("y");
        assertThat(profile.config("MODULE_SIG_FORCE")).contains("n");
        assertThat(profile.config("MODVERSIONS")).contains("y");
        assertThat(profile.config("KALLSYMS_ALL"))
                .as("not mentioned: cannot be set")
                .contains("n");
        assertThat(profile.config("MODULES")).as("says nothing of how to load").isEmpty();
        assertThat(profile.addresses().orElseThrow().address(1)).isEqualTo(0xffffffff81000010L);
    }

    @Test
    void profile_ofARootWithBuiltInModules_knowsThoseThatHaveAVersion() throws IOException {
        addModule(modules.resolve("kernel/lib/jkmod_ring.ko"));
        write(
                modules.resolve("modules.builtin.modinfo"),
                "tpm.version=2.0\0tpm.license=GPL\0loop.parm=max_part:x\0bad/name.version=1\0.version=2\0");
        assertThat(profile().sysfsModules()).containsExactly("tpm");
    }

    @Test
    void profile_ofABareRoot_knowsNothingElse() throws IOException {
        KernelProfile profile = profile();
        assertThat(profile.architecture().name()).as("by the release's end").isEqualTo("x86_64");
        assertThat(profile.vermagic()).isEmpty();
        assertThat(profile.thisModuleSize()).isEmpty();
        assertThat(profile.config("MODULE_SIG")).isEmpty();
        assertThat(profile.addresses()).isEmpty();
    }

    @Test
    void profile_withDebiansStub_hasNoAddresses() throws IOException {
        write(
                root.resolve("boot/System.map-" + RELEASE),
                "ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n");
        assertThat(profile().addresses()).isEmpty();
    }

    @Test
    void profile_withADamagedSystemMap_isRefused() throws IOException {
        write(root.resolve("boot/System.map-" + RELEASE), "nonsense\n");
        assertThatThrownBy(this::profile)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("System.map-");
    }

    @Test
    void profile_ofDebian7_findsFilesBesideTheModules() throws IOException {
        write(modules.resolve("config"), "CONFIG_MODULE_SIG=y\n");
        write(modules.resolve("System.map"), "ffffffff81000000 T _text\n");
        assertThat(profile().checksSignatures()).isTrue();
        assertThat(profile().addresses()).isPresent();
    }

    @Test
    void profile_ofFedora_findsItsHeaders() throws IOException {
        Path elsewhere = root.resolve("usr/src/kernels").resolve(RELEASE).resolve("Module.symvers");
        Files.createDirectories(elsewhere.getParent());
        Files.move(headers.resolve("Module.symvers"), elsewhere);
        assertThat(profile().exports().size()).isEqualTo(1);
    }

    @Test
    void profile_withALinkToTheBuild_followsItWithinTheRoot() throws IOException {
        Path elsewhere = root.resolve("opt/build/Module.symvers");
        Files.createDirectories(elsewhere.getParent());
        Files.move(headers.resolve("Module.symvers"), elsewhere);
        Files.createSymbolicLink(modules.resolve("build"), Path.of("/opt/build"));
        assertThat(profile().exports().size()).isEqualTo(1);
    }

    @Test
    void profile_withGivenSymvers_readsThem() throws IOException {
        Path given = root.resolve("symvers");
        write(given, "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n0x2\tb\tvmlinux\tEXPORT_SYMBOL_GPL\tNS\n");
        assertThat(RootProfile.of(root, RELEASE, Optional.of(given)).exports().size())
                .isEqualTo(2);
    }

    @Test
    void profile_ofADamagedModuleAndAGoodOne_takesTheGoodOne() throws IOException {
        write(modules.resolve("kernel/a/broken.ko"), "no module");
        addModule(modules.resolve("kernel/b/good.ko"));
        assertThat(profile().vermagic()).isPresent();
    }

    @Test
    void profile_ofDamagedModulesOnly_isRefused() throws IOException {
        write(modules.resolve("extra/broken.ko"), "no module");
        assertThatThrownBy(this::profile)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("broken.ko");
    }

    @Test
    void profile_ofAnArchitectureThatIsNotThere_isRefused() throws IOException {
        Path rename = root.resolve("lib/modules/6.12.0-s390x");
        Files.move(modules, rename);
        write(root.resolve("usr/src/linux-headers-6.12.0-s390x/Module.symvers"), "");
        assertThatThrownBy(() -> RootProfile.of(root, "6.12.0-s390x", Optional.empty()))
                .isInstanceOf(IOException.class)
                .hasMessage("architecture of 6.12.0-s390x unknown: give it, or a module of that kernel");
    }

    @Test
    void profile_withoutModulesOrExports_isRefused() throws IOException {
        assertThatThrownBy(() -> RootProfile.of(root, "6.1", Optional.empty())).isInstanceOf(NoSuchFileException.class);
        Files.delete(headers.resolve("Module.symvers"));
        assertThatThrownBy(this::profile)
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(headers + "/Module.symvers: No such file, and no other Module.symvers of that kernel");
    }

    @Test
    void boot_ofARoot_bootsItsKernel(@TempDir Path home) throws IOException {
        addModule(modules.resolve("kernel/lib/jkmod_ring.ko"));
        Shell shell = new Shell(home);
        assertThat(shell.run("boot", "--root", root.toString(), "--release", RELEASE))
                .isEqualTo(new Result(0, "6.12.107+deb13-amd64 (x86_64): 1 exported symbols\n", ""));
        Result result = shell.insmod("jkmod_ring");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).as("that kernel exports nothing but printk").contains("Unknown symbol");

        Path saved = shell.state().resolve("profile");
        Shell other = new Shell(home.resolve("other"));
        assertThat(other.run("boot", "--profile", saved.toString()).out())
                .isEqualTo("6.12.107+deb13-amd64 (x86_64): 1 exported symbols\n");
    }

    @Test
    void boot_ofWhatIsNot_isReportedInALine(@TempDir Path home) throws IOException {
        Shell shell = new Shell(home);
        assertThat(shell.run("boot", "--root", root.toString(), "--release", "6.1"))
                .isEqualTo(new Result(1, "", "jkmod boot: " + root + "/lib/modules/6.1: No such file or directory\n"));
        Files.createDirectories(root.resolve("lib/modules/nonsense"));
        write(root.resolve("usr/src/linux-headers-nonsense/Module.symvers"), "");
        assertThat(shell.run("boot", "--root", root.toString(), "--release", "nonsense")
                        .err())
                .isEqualTo("jkmod boot: " + root + "/lib/modules/nonsense: not a kernel release: nonsense\n");
        Path profile = root.resolve("saved.profile");
        assertThat(shell.run("boot", "--profile", profile.toString()))
                .isEqualTo(new Result(1, "", "jkmod boot: " + profile + ": No such file or directory\n"));
        write(profile, "text");
        assertThat(shell.run("boot", "--profile", profile.toString()).err())
                .isEqualTo("jkmod boot: " + profile
                        + ": compression at 0x0: found Not in GZIP format, expected a gzip file\n");
        assertThat(shell.run("boot", "--arch", "vax").err())
                .startsWith("jkmod boot: no architecture 'vax': jkmod knows ");
        assertThat(home).isEmptyDirectory();
    }
}
