package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.elf.Elf.EM_X86_64;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jkmod.core.ModuleBuilder;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.FirmwareDirectories.FirmwareFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closures, and where firmware is. */
class ModuleClosureTest {
    private static final String RELEASE = "6.12.0-amd64";

    @TempDir
    private Path temporary;

    private Path root;

    private Path put(String path, byte[] bytes) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private Path put(String path) throws IOException {
        return put(path, new byte[0]);
    }

    private void module(String path, ModuleBuilder module) throws IOException {
        put("lib/modules/" + RELEASE + "/" + path, module.bytes());
    }

    private static ModuleBuilder small(String name) {
        return ModuleBuilder.module(name, EM_X86_64);
    }

    @BeforeEach
    void tree() throws IOException {
        root = Files.createDirectory(temporary.resolve("root"));
        module("kernel/lib.ko", small("lib").exports("lib1"));
        module(
                "kernel/net.ko",
                small("net")
                        .imports("lib1")
                        .and("firmware", "net/a.bin")
                        .and("firmware", "net/gone.bin")
                        .and("softdep", "pre: crypto-x post: helper")
                        .and("weakdep", "extra"));
        module("kernel/crypto.ko", small("crypto").and("alias", "crypto-x"));
        module("kernel/helper.ko", small("helper").imports("lib1").and("softdep", "pre: inside absent"));
        module("kernel/extra.ko", small("extra").and("firmware", "net/a.bin").and("softdep", "pre: deep"));
        module("kernel/deep.ko", small("deep"));
        put("lib/modules/" + RELEASE + "/modules.builtin", "kernel/inside.ko\n".getBytes(StandardCharsets.US_ASCII));
        put(
                "lib/modules/" + RELEASE + "/modules.builtin.modinfo",
                "inside.firmware=in.fw\0other.firmware=no.fw\0".getBytes(StandardCharsets.US_ASCII));
    }

    private ModuleClosure closure(Set<Kind> kinds, ModuleFilter filter, String... names) throws IOException {
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        return ModuleClosure.of(DependencyGraph.of(tree), tree, List.of(names), kinds, filter, Optional.of(firmware()));
    }

    private FirmwareDirectories firmware() {
        return FirmwareDirectories.of(Sysroot.of(root), RELEASE);
    }

    private static List<String> names(ModuleClosure closure) {
        return closure.modules().stream()
                .map(m -> m.name() + " " + m.why().map(Kind::shown).orElse("asked") + " " + m.by())
                .toList();
    }

    @Test
    void of_aModule_isAllThatItNeedsInTheOrderOfLoading() throws IOException {
        put("lib/firmware/net/a.bin");
        ModuleClosure closure = closure(Kind.ALL, ModuleFilter.ALL, "net");
        assertThat(names(closure))
                .containsExactly(
                        "lib depends net",
                        "crypto pre net",
                        "net asked net",
                        "helper post net",
                        "deep pre extra",
                        "extra weak net");
        assertThat(closure.builtins()).containsExactly("inside");
        assertThat(closure.absent().stream().map(e -> e.source() + " " + e.target()))
                .containsExactly("helper absent");
        assertThat(closure.leftOut()).isEmpty();
        assertThat(closure.firmware().stream().map(f -> f.name() + " " + f.modules() + " " + f.isMissing()))
                .containsExactly("net/a.bin [net, extra] false", "net/gone.bin [net] true", "in.fw [inside] true");
    }

    @Test
    void of_aModuleWithFewerKinds_leavesTheOthersOut() throws IOException {
        assertThat(names(closure(EnumSet.of(Kind.DEPENDS), ModuleFilter.ALL, "net")))
                .containsExactly("lib depends net", "net asked net");
        assertThat(names(closure(EnumSet.of(Kind.DEPENDS, Kind.WEAKDEP), ModuleFilter.ALL, "net", "crypto")))
                .containsExactly("lib depends net", "net asked net", "crypto asked crypto", "extra weak net");
    }

    @Test
    void of_modulesThatAreDenied_leavesOutWhatIsOnlyWanted() throws IOException {
        ModuleClosure closure = closure(Kind.ALL, ModuleFilter.of(List.of(), List.of("ext*", "helper")), "net");
        assertThat(names(closure)).containsExactly("lib depends net", "crypto pre net", "net asked net");
        assertThat(closure.leftOut().stream().map(e -> e.kind().shown() + " " + e.target()))
                .containsExactly("post helper", "weak extra");
    }

    @Test
    void of_modulesThatAreDenied_failsForWhatIsNeeded() {
        ModuleFilter noLib = ModuleFilter.of(List.of(), List.of("l?b"));
        assertThatThrownBy(() -> closure(Kind.ALL, noLib, "net"))
                .isInstanceOf(IOException.class)
                .hasMessage("module net cannot be loaded: net needs lib, which is denied by 'l?b'");
        ModuleFilter onlyNet = ModuleFilter.of(List.of("net"), List.of());
        assertThatThrownBy(() -> closure(Kind.ALL, onlyNet, "crypto"))
                .hasMessage("module crypto cannot be loaded: not among those that are allowed");
    }

    @Test
    void of_aDependencyThatIsNotThere_isAnError() throws IOException {
        put("lib/modules/" + RELEASE + "/modules.dep", "a.ko: b.ko\n".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> closure(Kind.ALL, ModuleFilter.ALL, "a"))
                .isInstanceOf(IOException.class)
                .hasMessage("module a depends on b, which is not in " + root.resolve("lib/modules/" + RELEASE));
    }

    // Firmware.

    private static List<String> shown(Path root, List<FirmwareFile> files) {
        return files.stream()
                .map(f -> root.relativize(f.path())
                        + (f.path().equals(f.target()) ? "" : " -> " + root.relativize(f.target())))
                .toList();
    }

    /** The order is that of fw_path and of _request_firmware in drivers/base/firmware_loader/main.c. */
    @Test
    void find_inManyPlaces_takesTheKernelsFirst() throws IOException {
        List<String> order = List.of(
                "updates/" + RELEASE + "/a",
                "updates/a",
                RELEASE + "/a",
                "a",
                "updates/" + RELEASE + "/a.zst",
                "updates/a.zst",
                RELEASE + "/a.zst",
                "a.zst",
                "updates/a.xz",
                "a.xz");
        for (int i = order.size() - 1; i >= 0; i--) {
            put("lib/firmware/" + order.get(i));
            assertThat(shown(root, firmware().find("a"))).containsExactly("lib/firmware/" + order.get(i));
        }
    }

    @Test
    void find_ofALink_tellsWhereItLeadsInTheRoot() throws IOException {
        put("usr/lib/firmware/real.bin");
        Files.createSymbolicLink(root.resolve("lib/firmware"), Path.of("/usr/lib/firmware"));
        Files.createSymbolicLink(root.resolve("usr/lib/firmware/name.bin"), Path.of("real.bin"));
        Files.createSymbolicLink(root.resolve("usr/lib/firmware/loop"), Path.of("loop"));
        Files.createSymbolicLink(root.resolve("usr/lib/firmware/out"), Path.of("../../../../../../outside"));
        Files.createFile(temporary.resolve("outside"));
        assertThat(shown(root, firmware().find("name.bin")))
                .containsExactly("lib/firmware/name.bin -> usr/lib/firmware/real.bin");
        assertThat(firmware().find("loop")).isEmpty();
        assertThat(firmware().find("out")).as("the root has no such file").isEmpty();
    }

    @Test
    void find_ofAPattern_isAllThatMatch() throws IOException {
        put("lib/firmware/brcm/x-b.bin.zst");
        put("lib/firmware/updates/brcm/x-a.bin");
        put("lib/firmware/brcm/x-a.bin");
        put("lib/firmware/brcm/deep/x-c.bin");
        put("lib/firmware/brcm/y.bin");
        put("lib/firmware/other/x-d.bin");
        assertThat(shown(root, firmware().find("brcm/x-*.bin")))
                .containsExactly("lib/firmware/updates/brcm/x-a.bin", "lib/firmware/brcm/x-b.bin.zst");
        assertThat(shown(root, firmware().find("*/x-[cd].bin"))).containsExactly("lib/firmware/other/x-d.bin");
        assertThat(firmware().find("no/x*")).isEmpty();
    }

    @Test
    void find_inFoldersOfOnesOwn_takesTheFirst() throws IOException {
        Path one = Files.createDirectories(temporary.resolve("one/updates"));
        Path two = Files.createDirectories(temporary.resolve("two"));
        Files.createFile(one.resolve("a"));
        Files.createFile(two.resolve("a"));
        Files.createFile(two.resolve("b"));
        put("lib/firmware/c");
        FirmwareDirectories folders = FirmwareDirectories.of(
                Sysroot.of(root), RELEASE, List.of(one.getParent(), two, root.resolve("lib/firmware")));
        assertThat(folders.find("a").get(0).path()).isEqualTo(one.resolve("a"));
        assertThat(folders.find("b").get(0).path()).isEqualTo(two.resolve("b"));
        assertThat(folders.find("c").get(0).path()).isEqualTo(root.resolve("lib/firmware/c"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../../etc/passwd", "..", "x/../../../etc/passwd", "", "/", ".", "a\0b", "*/../../../etc/*"})
    void find_ofAnAbsurdName_findsNothing(String name) throws IOException {
        put("etc/passwd");
        put("lib/firmware/x/y");
        Files.createFile(temporary.resolve("passwd"));
        assertThat(firmware().find(name)).isEmpty();
    }

    @Test
    void find_ofAVeryLongName_findsNothing() throws IOException {
        put("lib/firmware/x");
        assertThat(firmware().find("x".repeat(300))).isEmpty();
        assertThat(firmware().find("x/".repeat(100_000))).isEmpty();
        assertThat(firmware().find("*".repeat(4000)))
                .extracting(FirmwareFile::name)
                .containsExactly("x");
    }
}
