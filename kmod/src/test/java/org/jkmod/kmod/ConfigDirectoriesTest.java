package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is expected here was seen with {@code modprobe -c -C ...} of kmod 30 (Debian 12) and 34.2. */
class ConfigDirectoriesTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
    }

    private List<String> sources(Compat compat) throws IOException {
        return ConfigDirectories.sources(Sysroot.of(root), ConfigDirectories.of("modprobe.d", compat), compat).stream()
                .map(ConfigDirectories.Source::shown)
                .toList();
    }

    private static List<String> lines(String text, Compat compat) {
        return ConfigLines.of(text, compat).stream()
                .map(line -> line.number() + ":" + line.text())
                .toList();
    }

    @Test
    void sources_ofSeveralDirectories_areOrderedByNameAndTheFirstCounts() throws IOException {
        file("etc/modprobe.d/b.conf", "");
        file("etc/modprobe.d/Z.conf", "");
        file("run/modprobe.d/a.conf", "");
        file("run/modprobe.d/b.conf", "");
        file("usr/local/lib/modprobe.d/aa.conf", "");
        file("usr/lib/modprobe.d/aa.conf", "");
        file("usr/lib/modprobe.d/c.conf", "");
        file("usr/lib/modprobe.d/.hidden.conf", "");
        file("usr/lib/modprobe.d/.conf", "");
        file("usr/lib/modprobe.d/README", "");
        file("usr/lib/modprobe.d/u.CONF", "");
        file("usr/lib/modprobe.d/folder.conf/x.conf", "");
        file("lib/modprobe.d/d.conf", "");
        assertThat(sources(Compat.KMOD_34))
                .containsExactly(
                        "/etc/modprobe.d/Z.conf",
                        "/run/modprobe.d/a.conf",
                        "/usr/local/lib/modprobe.d/aa.conf",
                        "/etc/modprobe.d/b.conf",
                        "/usr/lib/modprobe.d/c.conf",
                        "/lib/modprobe.d/d.conf");
        assertThat(sources(Compat.KMOD_30)).doesNotContain("/usr/lib/modprobe.d/c.conf");
    }

    @Test
    void link_toNothing_hidesOthersInKmod30Only() throws IOException {
        file("lib/modprobe.d/a.conf", "");
        Files.createDirectories(root.resolve("etc/modprobe.d"));
        Files.createSymbolicLink(root.resolve("etc/modprobe.d/a.conf"), Path.of("/nowhere"));
        assertThat(sources(Compat.KMOD_34)).containsExactly("/lib/modprobe.d/a.conf");
        assertThat(sources(Compat.KMOD_30)).containsExactly("/etc/modprobe.d/a.conf");
    }

    @Test
    void file_amongTheDirectories_mayHaveAnyName() throws IOException {
        file("x/a.conf.txt", "");
        file("d/a.conf", "");
        file("d/aa.conf", "");
        assertThat(ConfigDirectories.sources(
                        Sysroot.of(root), List.of("/x/a.conf.txt", "/d", "/missing"), Compat.KMOD_34))
                .extracting(ConfigDirectories.Source::name)
                .containsExactly("a.conf", "a.conf.txt", "aa.conf");
    }

    @Test
    void linksOfDirectories_inARoot_stayInIt() throws IOException {
        file("usr/lib/modprobe.d/a.conf", "blacklist a\n");
        Files.createSymbolicLink(root.resolve("lib"), Path.of("/usr/lib"));
        Files.createSymbolicLink(root.resolve("usr/lib/modprobe.d/b.conf"), Path.of("/usr/lib/modprobe.d/a.conf"));
        assertThat(sources(Compat.KMOD_30)).containsExactly("/lib/modprobe.d/a.conf", "/lib/modprobe.d/b.conf");
    }

    @Test
    void lines_areJoinedByBackslashesAndComments_onlyCountInTheFirstColumn() {
        assertThat(lines(
                        "a b\n#comment \\\nhidden\n #c\n\n \t\nx \\\n y\\\n\nd#e\\ f\\g\\\\\nn\0rest\nlast",
                        Compat.KMOD_34))
                .containsExactly("1:a b", "4: #c", "9:x  y", "10:d#e fg\\", "11:n", "12:last");
    }

    @Test
    void backslash_atTheEndOfTheFile_isACharacterInKmod30() {
        assertThat(lines("a\\", Compat.KMOD_34)).containsExactly("1:a");
        assertThat(lines("a\\", Compat.KMOD_30)).containsExactly("1:a\u00ff");
        assertThat(lines("a\\\n", Compat.KMOD_30)).containsExactly("2:a");
    }

    @Test
    void file_ofAGigabyte_isNotRead() throws IOException {
        Path file = root.resolve("etc/modprobe.d/a.conf");
        Files.createDirectories(file.getParent());
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 30);
        }
        ConfigDirectories.Source source = ConfigDirectories.sources(
                        Sysroot.of(root), List.of("/etc/modprobe.d"), Compat.KMOD_34)
                .get(0);
        assertThatThrownBy(() -> source.lines(Compat.KMOD_34))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found more than");
    }
}
