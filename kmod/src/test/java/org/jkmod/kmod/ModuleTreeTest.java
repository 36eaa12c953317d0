package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModuleTreeTest {
    private static final String RELEASE = "6.12.0-x";

    @TempDir
    private Path root;

    private Path file(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    private List<String> paths(ModuleTree tree) {
        return tree.modules().stream()
                .map(m -> m.name() + " " + tree.folder().relativize(m.path()))
                .toList();
    }

    @Test
    void modules_ofATree_areAllThatEndSoInTheOrderOfTheirPaths() throws IOException {
        for (String name : List.of(
                "kernel/net/b.ko",
                "kernel/net/a-b.ko.xz",
                "kernel/fs/c_d.ko.zst",
                "extra/z.ko.gz",
                "updates/dkms/n.ko",
                "kernel/readme.ko.txt",
                "kernel/x.ko.sig",
                "kernel/x.o",
                "kernel/ko",
                "modules.dep",
                "kernel/xko",
                "kernel/.ko")) {
            file("lib/modules/" + RELEASE + "/" + name);
        }
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        assertThat(paths(tree))
                .containsExactly(
                        "z extra/z.ko.gz",
                        " kernel/.ko",
                        "c_d kernel/fs/c_d.ko.zst",
                        "a_b kernel/net/a-b.ko.xz",
                        "b kernel/net/b.ko",
                        "n updates/dkms/n.ko");
        assertThat(tree.release()).isEqualTo(RELEASE);
        assertThat(tree.folder()).isEqualTo(root.resolve("lib/modules/" + RELEASE));
    }

    @Test
    void module_ofAName_isFoundWithDashesOrUnderscores() throws IOException {
        Path first = file("lib/modules/" + RELEASE + "/extra/a-b.ko");
        file("lib/modules/" + RELEASE + "/kernel/a_b.ko.xz");
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        assertThat(tree.module("a_b")).map(ModuleTree.Entry::path).contains(first);
        assertThat(tree.module("a-b")).map(ModuleTree.Entry::path).contains(first);
        assertThat(tree.modules()).hasSize(2);
        assertThat(tree.module("b")).isEmpty();
    }

    @Test
    void tree_belowUsr_isFoundToo() throws IOException {
        file("usr/lib/modules/" + RELEASE + "/kernel/a.ko");
        assertThat(paths(ModuleTree.open(root, RELEASE))).containsExactly("a kernel/a.ko");
        Files.createSymbolicLink(root.resolve("lib"), Path.of("usr/lib"));
        assertThat(ModuleTree.open(root, RELEASE).folder()).isEqualTo(root.resolve("lib/modules/" + RELEASE));
        assertThat(paths(ModuleTree.open(root, RELEASE))).containsExactly("a kernel/a.ko");
    }

    @Test
    void tree_ofAnotherRelease_isNotThere() throws IOException {
        file("lib/modules/" + RELEASE + "/kernel/a.ko");
        assertThatThrownBy(() -> ModuleTree.open(root, "6.12.0"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(root.resolve("lib/modules/6.12.0").toString());
        assertThatThrownBy(() -> ModuleTree.open(root.resolve("nothing"), RELEASE))
                .isInstanceOf(NoSuchFileException.class);
        file("lib/modules/file");
        assertThatThrownBy(() -> ModuleTree.open(root, "file")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void tree_withoutModules_isEmpty() throws IOException {
        file("lib/modules/" + RELEASE + "/modules.order");
        assertThat(ModuleTree.open(root, RELEASE).modules()).isEmpty();
    }

    /** build and source link to the headers; kmod's depmod passes over them at every depth, too. */
    @Test
    void buildAndSource_inATree_areNotPartOfIt() throws IOException {
        file("lib/modules/" + RELEASE + "/build/a.ko");
        file("lib/modules/" + RELEASE + "/kernel/source/b.ko");
        file("lib/modules/" + RELEASE + "/kernel/builds/c.ko");
        assertThat(paths(ModuleTree.open(root, RELEASE))).containsExactly("c kernel/builds/c.ko");
    }

    @Test
    void links_inATree_areNotFollowed() throws IOException {
        Path kernel = file("lib/modules/" + RELEASE + "/kernel/a.ko").getParent();
        Files.createSymbolicLink(kernel.resolve("loop"), kernel);
        Files.createSymbolicLink(kernel.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(kernel.resolve("self.ko"), Path.of("self.ko"));
        Files.createSymbolicLink(kernel.resolve("dangling.ko"), Path.of("nothing.ko"));
        Files.createDirectory(kernel.resolve("folder.ko"));
        assertThat(paths(ModuleTree.open(root, RELEASE))).containsExactly("a kernel/a.ko");
    }

    @Test
    void tree_openedBeforeAFileCame_isWhatItWas() throws IOException {
        file("lib/modules/" + RELEASE + "/a.ko");
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        file("lib/modules/" + RELEASE + "/b.ko");
        assertThat(tree.modules()).hasSize(1);
        assertThatThrownBy(() -> tree.modules().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "a.ko, a",
        "a-b_c.ko.xz, a_b_c",
        "kernel/net/a.ko, a",
        "net/a, a",
        "a, a",
        "drivers/x-y/z-w, z_w",
        "a.b.ko, a",
        ".ko, ''"
    })
    void moduleName_ofAFileName_isUpToTheFirstPointWithUnderscores(String file, String name) {
        assertThat(ModuleTree.moduleName(file)).isEqualTo(name);
    }

    @Test
    void tree_behindAnAbsoluteLink_isInsideOfTheRoot(@TempDir Path host) throws IOException {
        Files.createDirectories(host.resolve(RELEASE));
        Files.createDirectories(root.resolve("lib"));
        Files.createSymbolicLink(root.resolve("lib/modules"), host);
        assertThatThrownBy(() -> ModuleTree.open(root, RELEASE)).isInstanceOf(NoSuchFileException.class);
        assertThat(ModuleTree.releases(root)).isEmpty();
        file(host.getRoot().relativize(host) + "/" + RELEASE + "/kernel/a.ko");
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        assertThat(tree.folder())
                .isEqualTo(root.resolve(host.getRoot().relativize(host)).resolve(RELEASE));
        assertThat(paths(tree)).containsExactly("a kernel/a.ko");
        assertThat(ModuleTree.releases(root)).containsExactly(RELEASE);
    }
}
