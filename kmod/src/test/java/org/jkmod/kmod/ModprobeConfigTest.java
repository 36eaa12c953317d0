package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is expected here was printed by {@code modprobe -c -C FILE} of kmod 30 (Debian 12) and 34.2. */
class ModprobeConfigTest {
    @TempDir
    private Path folder;

    private static ModprobeConfig parse(String text) {
        return ModprobeConfig.builder(Compat.KMOD_34).add(text, "a.conf").build();
    }

    /** A file of {@code src/test/resources}; its README says how it was recorded. */
    private static String recorded(String name) throws IOException {
        try (InputStream in = ModprobeConfigTest.class.getResourceAsStream("modprobe/" + name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @ParameterizedTest
    @CsvSource({"KMOD_30, every-30.txt", "KMOD_34, every-34.txt"})
    void text_ofEveryDirective_isThatOfKmod(Compat compat, String expected) throws IOException {
        ModprobeConfig config = ModprobeConfig.builder(compat)
                .add(recorded("every.conf"), "every.conf")
                .build();
        assertThat(config.text()).isEqualTo(recorded(expected));
    }

    @Test
    void warnings_ofBadLines_areThoseOfKmod() throws IOException {
        List<String> warnings = ModprobeConfig.builder(Compat.KMOD_34)
                .add(recorded("every.conf"), "every.conf")
                .build()
                .warnings();
        assertThat(warnings.stream().filter(w -> !w.contains("two blanks")))
                .containsExactlyElementsOf(
                        Splitter.on('\n').omitEmptyStrings().split(recorded("every-34.warnings.txt")));
        assertThat(warnings)
                .contains("every.conf line 41: two blanks before 'pre:': kmod takes one for a part of it; one or"
                        + " three are as they should be");
    }

    @Test
    void softdep_whoseKindsAlternate_isPrintedOddlyAndKeptRight() {
        assertThat(parse("softdep a x pre: p1 post: q1 pre: p2 post: q2 q3\n").softdeps())
                .containsExactly(new ModprobeConfig.Softdep("a", List.of("p1", "p2"), List.of("q1", "q2", "q3")));
    }

    @Test
    void weakdep_ofKmod30_isNoDirective() {
        ModprobeConfig config = ModprobeConfig.builder(Compat.KMOD_30)
                .add("weakdep a b\n", "a.conf")
                .build();
        assertThat(config.text()).isEmpty();
        assertThat(config.warnings()).containsExactly("a.conf line 1: ignoring bad line starting with 'weakdep'");
    }

    @Test
    void read_ofARootAndATree_takesAllInTheOrderOfNames() throws IOException {
        Path root = folder.resolve("root");
        Path tree = root.resolve("lib/modules/1");
        Files.createDirectories(root.resolve("etc/modprobe.d"));
        Files.createDirectories(tree);
        Files.writeString(tree.resolve("modules.softdep"), "softdep x pre: kernels\n");
        Files.writeString(tree.resolve("modules.weakdep"), "weakdep x y\n");
        Files.writeString(root.resolve("etc/modprobe.d/a.conf"), "softdep x pre: first\n");
        Files.writeString(root.resolve("etc/modprobe.d/z.conf"), "softdep x pre: last\n");
        assertThat(ModprobeConfig.read(Sysroot.of(root), tree, "x.y=1", Compat.KMOD_34)
                        .text())
                .isEqualTo(
                        "options x y=1\nsoftdep x pre: first\nsoftdep x pre: kernels\nsoftdep x pre: last\nweakdep x y\n");
        assertThat(ModprobeConfig.read(Sysroot.of(root), tree, "", Compat.KMOD_30)
                        .weakdeps())
                .isEmpty();
    }

    record Case(String commandLine, String expected) {
        static List<Case> all() {
            return List.of(
                    new Case("m.p.q=1", ""),
                    new Case("m.p=q.r", "options m p=q.r|"),
                    new Case("a=b c.d=1\n", "options c d=1|"),
                    new Case("x.y=", "options x y=|"),
                    new Case(".=", "options  =|"),
                    new Case("a.=1", "options a =1|"),
                    new Case("\"m.p\"=1", ""),
                    new Case("m\"x\".p=1", ""),
                    new Case("m.p=\"1", ""),
                    new Case("m.p=\"1\"\" a.b=2\"", "options m p=\"1\"\" a.b=2\"|"),
                    new Case("\"m.p=1 2\" a.b=2", "options m p=\"1 2\"|options a b=2|"),
                    new Case("\"m.p=1 2\"x a.b=2", "options m p=\"1 2\"x|options a b=2|"),
                    new Case("\"m.p=\"1 2\" a.b=2", "options m p=\"\"1|"),
                    new Case("\"a b.c=1\" d.e=2", "options d e=2|"),
                    new Case("a\"b c=1.d e\".d=1 e.f=2", "options e f=2|"),
                    new Case("\"modprobe.blacklist=a,b\" c.d=1", "blacklist \"a|blacklist b\"|options c d=1|"),
                    new Case("modprobe.blacklist=a-b,c,,d", "blacklist a-b|blacklist c|blacklist |blacklist d|"),
                    new Case("modprobe.blacklist=", "blacklist |"),
                    new Case("modprobe.blacklist modprobe.x=1", "options modprobe blacklist|options modprobe x=1|"),
                    new Case("modprobe-x.y-z=1-2", "options modprobe_x y-z=1-2|"),
                    new Case("m.p='1 2'", "options m p='1|"),
                    new Case("m.p=1 -- q.r=2", "options m p=1|options q r=2|"),
                    new Case("m .p=1", "options  p=1|"),
                    new Case(
                            "a\tb.c=1\u000bd.e=2  f.g=3\n\n h.i=4",
                            "options b c=1|options d e=2|options f g=3|options h i=4|"),
                    new Case("\"\"m.p=1", ""),
                    new Case("\"x.y=1 z\".b a.b", "options x y=\"1 z\".b|options a b|"),
                    new Case("a[b.c=1 a]b.c=1 a[b-c].d=2 modprobe.blacklist=a[b", "blacklist a[b|options a[b-c] d=2|"));
        }
    }

    /** Printed by kmod 30 and 34.2 with each of these in /proc/cmdline. */
    @ParameterizedTest
    @MethodSource("org.jkmod.kmod.ModprobeConfigTest$Case#all")
    void commandLine_ofAnyQuoting_meansWhatKmodTakesItFor(Case c) {
        ModprobeConfig config = ModprobeConfig.builder(Compat.KMOD_34)
                .commandLine(c.commandLine())
                .build();
        assertThat(config.text().replace('\n', '|')).isEqualTo(c.expected());
    }

    @Test
    @Timeout(60)
    void configuration_ofTenMegabytes_isReadInGoodTime() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 10_000_000; i++) {
            text.append("blacklist module-").append(i).append('\n');
        }
        ModprobeConfig config = parse(text.toString());
        assertThat(config.blacklist()).hasSizeGreaterThan(300_000);
        assertThat(config.isBlacklisted("module_0")).isTrue();
        assertThat(config.isBlacklisted("module-0")).isFalse();
    }

    @Test
    void configuration_ofRandomBytes_isNoFault() {
        long seed = 20_261_122;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder("softdep ");
            for (int i = 0; i < 400; i++) {
                text.append((char) random.nextInt(256));
                if (random.nextInt(8) == 0) {
                    text.append(
                            List.of("\n", "\\", " pre: ", "\nalias ", "\nweakdep  ", "\noptions ", "\"", "[", ".", "=")
                                    .get(random.nextInt(10)));
                }
            }
            ModprobeConfig config = ModprobeConfig.builder(Compat.KMOD_30)
                    .add(text.toString(), "random")
                    .commandLine(text.toString())
                    .build();
            assertThat(config.text()).as("seed %d, round %d", seed, round).isNotNull();
        }
    }

    @Test
    void line_ofAGigabyte_isAnErrorAndNotRead() throws IOException {
        Path file = folder.resolve("a.conf");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 30);
        }
        List<ConfigDirectories.Source> sources = ConfigDirectories.sources(
                Sysroot.host(), List.of(file.toRealPath().toString()), Compat.KMOD_34);
        assertTimeout(
                Duration.ofSeconds(20),
                () -> assertThatThrownBy(() -> ModprobeConfig.read(sources, Sysroot.host(), folder, "", Compat.KMOD_34))
                        .isInstanceOf(MalformedInputException.class)
                        .hasMessageContaining("a.conf: size"));
    }

    @Test
    void softdepsOfATree_thatAreALinkOutOfTheRoot_areNotRead(@TempDir Path root, @TempDir Path outside)
            throws IOException {
        Path file = Files.writeString(outside.resolve("x"), "softdep a pre: b\n");
        Files.createSymbolicLink(root.resolve("modules.softdep"), file);
        assertThat(ModprobeConfig.read(Sysroot.of(root), root, "", Compat.KMOD_34)
                        .softdeps())
                .isEmpty();
    }
}
