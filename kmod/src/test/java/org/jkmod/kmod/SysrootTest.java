package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SysrootTest {
    @TempDir
    private Path temporary;

    private Path root = Path.of("");

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectories(temporary.toRealPath().resolve("root"));
        Files.createDirectories(root.resolve("usr/lib/a"));
        Files.writeString(temporary.resolve("secret"), "");
        link("lib", "usr/lib");
        link("abs", "/usr/lib/a");
        link("out", "../../../../../../secret");
        link("usr/lib/up", "../..");
        link("usr/lib/a/chain", "/lib/up/abs");
        link("loop", "loop");
        link("dangling", "/nowhere/x");
        link("host", temporary.resolve("secret").toString());
    }

    private void link(String name, String target) throws IOException {
        Files.createSymbolicLink(root.resolve(name), Path.of(target));
    }

    @ParameterizedTest
    @CsvSource({
        "/usr/lib/a, usr/lib/a",
        "usr//./lib/a/, usr/lib/a",
        "/lib/a/x, usr/lib/a/x",
        "/abs, usr/lib/a",
        "/abs/chain/y, usr/lib/a/y",
        "/lib/up/lib, usr/lib",
        "/out, secret",
        "/../../x, x",
        "/usr/../../../x, x",
        "/, ''",
        "'', ''",
        "/dangling/z, nowhere/x/z",
    })
    void path_ofAnySpelling_staysInTheRoot(String path, String expected) throws IOException {
        assertThat(Sysroot.of(root).resolve(path)).isEqualTo(expected.isEmpty() ? root : root.resolve(expected));
    }

    @Test
    void link_toAFileOfTheHost_meansTheOneInTheRoot() throws IOException {
        assertThat(Sysroot.of(root).resolve("/host"))
                .isEqualTo(root.resolve("." + temporary.resolve("secret")).normalize());
    }

    @Test
    void link_toItself_isAnError() {
        assertThatThrownBy(() -> Sysroot.of(root).resolve("/loop/x"))
                .isInstanceOf(FileSystemLoopException.class)
                .hasMessage(root.resolve("loop/x").toString());
    }

    @Test
    void links_thatMultiply_areAnError() throws IOException {
        link("b0", "usr");
        for (int i = 1; i < 30; i++) {
            link("b" + i, "b" + (i - 1) + "/../b" + (i - 1));
        }
        assertThatThrownBy(() -> Sysroot.of(root).resolve("/b29")).isInstanceOf(FileSystemLoopException.class);
    }

    @Test
    void root_thatIsALink_isLeftAsItIs() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), root);
        assertThat(Sysroot.of(link).resolve("/lib")).isEqualTo(link.resolve("usr/lib"));
    }

    @Test
    void shown_ofAFileInside_isItsPathThere() {
        assertThat(Sysroot.of(root).shown(root.resolve("etc/x"))).isEqualTo("/etc/x");
        assertThat(Sysroot.host().shown(Path.of("/etc/x"))).isEqualTo("/etc/x");
    }
}
