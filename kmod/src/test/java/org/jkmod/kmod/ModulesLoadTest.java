package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules are those of modules-load.d(5) and systemd-modules-load.service(8) of systemd 252. */
class ModulesLoadTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private List<String> entries(String commandLine) throws IOException {
        return ModulesLoad.read(Sysroot.of(root), commandLine).entries().stream()
                .map(e -> e.module() + " " + e.source() + ":" + e.line())
                .toList();
    }

    @Test
    void lists_ofAllDirectories_areReadInTheOrderOfNames() throws IOException {
        file("etc/modules-load.d/b.conf", "# comment\n  ; another\n\n b1 \nb-2\n\t# c\nlast");
        file("usr/lib/modules-load.d/a.conf", "a1\r\n");
        file("usr/lib/modules-load.d/b.conf", "hidden\n");
        file("run/modules-load.d/c.conf", "c1\n");
        file("usr/local/lib/modules-load.d/c.conf", "hidden\n");
        file("usr/lib/modules-load.d/d.conf", "masked\n");
        Files.createSymbolicLink(root.resolve("etc/modules-load.d/d.conf"), Path.of("/dev/null"));
        Files.createDirectories(root.resolve("dev"));
        file("dev/null", "");
        file("usr/lib/modules-load.d/no.txt", "hidden\n");
        assertThat(entries(""))
                .containsExactly(
                        "a1 /usr/lib/modules-load.d/a.conf:1",
                        "b1 /etc/modules-load.d/b.conf:4",
                        "b-2 /etc/modules-load.d/b.conf:5",
                        "last /etc/modules-load.d/b.conf:7",
                        "c1 /run/modules-load.d/c.conf:1");
    }

    @Test
    void etcModules_isReadOnce() throws IOException {
        file("etc/modules", "loop\n");
        file("etc/modules-load.d/z.conf", "z\n");
        assertThat(entries("")).containsExactly("loop /etc/modules:1", "z /etc/modules-load.d/z.conf:1");
        Files.createSymbolicLink(root.resolve("etc/modules-load.d/modules.conf"), Path.of("../modules"));
        assertThat(entries(""))
                .containsExactly("loop /etc/modules-load.d/modules.conf:1", "z /etc/modules-load.d/z.conf:1");
    }

    @Test
    void commandLine_comesFirst() throws IOException {
        file("etc/modules-load.d/z.conf", "z\n");
        String commandLine =
                "quiet modules_load=a,b,,c-d modules-load=\"e\" rd.modules_load=f xmodules_load=g modules_load\n";
        assertThat(entries(commandLine))
                .extracting(e -> e.substring(0, e.indexOf(' ')))
                .containsExactly("a", "b", "c-d", "e", "z");
        file("etc/initrd-release", "");
        assertThat(entries(commandLine))
                .extracting(e -> e.substring(0, e.indexOf(' ')))
                .containsExactly("a", "b", "c-d", "e", "f", "z");
    }

    /** What systemd-modules-load 252 loaded with this in SYSTEMD_PROC_CMDLINE, and SYSTEMD_IN_INITRD=1. */
    @Test
    void commandLine_withQuotes_isReadAsSystemdDoes() throws IOException {
        file("etc/initrd-release", "");
        String commandLine =
                "modules_load=a \"modules_load=b,c d\" modules_load=\"e,f g\" modules_load= rd.modules_load=x"
                        + " modules_load=m-1 Modules_load=Z";
        assertThat(ModulesLoad.read(Sysroot.of(root), commandLine).entries())
                .extracting(ModulesLoad.Entry::module)
                .containsExactly("a", "b", "c d", "e", "f g", "x", "m-1");
    }

    @Test
    void root_withoutLists_hasNone() throws IOException {
        assertThat(entries("")).isEmpty();
    }
}
