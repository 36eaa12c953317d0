package org.jkmod.kmod;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is expected here was seen of kmod 30 and 34.2, which say the same of such a tree. */
class ModuleInfoFinderTest {
    private static final String RELEASE = "6.1.0-test";

    @TempDir
    Path root;

    private Path tree;

    @BeforeEach
    void makeTree() throws IOException {
        tree = Files.createDirectories(root.resolve("lib/modules/" + RELEASE));
        Files.createDirectories(tree.resolve("kernel"));
        Files.write(tree.resolve("kernel/a-b.ko"), object("license=GPL\0description=x\0"));
        Files.write(tree.resolve("kernel/c.ko"), object("license=c\0"));
        index("modules.dep.bin", "a_b", "kernel/a-b.ko: kernel/c.ko", 0, "c", "kernel/c.ko:", 1);
        index("modules.alias.bin", "pci:v*", "c", 1, "pci:v0*", "a_b", 0);
        index("modules.symbols.bin", "symbol:an_export", "c", 1);
        index("modules.builtin.bin", "blt", "", 0, "dash_mod", "", 0, "noinfo", "", 0);
        index("modules.builtin.alias.bin", "foo:*", "blt", 0, "foo:bar", "dash_mod", 0);
        Files.writeString(
                tree.resolve("modules.builtin.modinfo"),
                "blt.license=GPL\0blt.parm=p:desc\0blt.parmtype=p:int\0dash-mod.license=A\0dash_mod.license=B\0"
                        + "bltx.license=no\0blt.late=1\0");
    }

    private static byte[] object(String strings) {
        return SmallObject.with(".modinfo", strings.getBytes(StandardCharsets.US_ASCII))
                .bytes();
    }

    private void index(String file, Object... entries) throws IOException {
        ModuleIndex.Builder builder = ModuleIndex.builder();
        for (int i = 0; i < entries.length; i += 3) {
            builder.add((String) entries[i], (String) entries[i + 1], (Integer) entries[i + 2]);
        }
        Files.write(tree.resolve(file), builder.build(Compat.KMOD_34));
    }

    private ModuleInfoFinder finder() throws IOException {
        return new ModuleInfoFinder(root, root.toString(), RELEASE);
    }

    private record Written(String text, List<String> complaints, boolean isGood) {}

    private Written write(boolean exactly, Compat compat, String... arguments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> complaints = new ArrayList<>();
        boolean isGood = new ModuleInfoReport(finder(), exactly, compat, Optional.empty())
                .write(
                        List.of(arguments),
                        new ModuleInfoText.Style(compat, false, Optional.empty(), false),
                        out,
                        complaints::add);
        return new Written(out.toString(ISO_8859_1).replace(root.toString(), "ROOT"), complaints, isGood);
    }

    private String text(String... arguments) throws IOException {
        return write(false, Compat.KMOD_34, arguments).text();
    }

    private static final String A_B = """
            filename:       ROOT/lib/modules/6.1.0-test/kernel/a-b.ko
            license:        GPL
            description:    x
            """;
    private static final String C = """
            filename:       ROOT/lib/modules/6.1.0-test/kernel/c.ko
            license:        c
            """;
    private static final String BLT = """
            name:           blt
            filename:       (builtin)
            license:        GPL
            parm:           p:desc (int)
            """;
    private static final String DASH = """
            name:           dash_mod
            filename:       (builtin)
            license:        B
            """;

    @Test
    void name_ofAModule_isFoundWithEitherDash() throws IOException {
        assertThat(text("a-b")).isEqualTo(A_B);
        assertThat(text("a_b", "c")).isEqualTo(A_B + C);
    }

    @Test
    void alias_ofSeveralModules_givesAllByPriority() throws IOException {
        assertThat(text("pci:v01")).isEqualTo(A_B + C);
        assertThat(text("pci:v1")).isEqualTo(C);
        assertThat(text("symbol:an_export")).isEqualTo(C);
    }

    @Test
    void name_ofABuiltin_givesItsFirstRunOfStrings() throws IOException {
        assertThat(text("blt")).isEqualTo(BLT);
        assertThat(text("dash-mod")).isEqualTo(DASH);
        assertThat(text("foo:x")).isEqualTo(BLT);
        assertThat(text("foo:bar")).isEqualTo(DASH + BLT);
    }

    @Test
    void names_exactly_areNoFilesAndNoAliasesOfModules() throws IOException {
        assertThat(write(true, Compat.KMOD_34, "a-b").text()).isEqualTo(A_B);
        assertThat(write(true, Compat.KMOD_34, "foo:bar").text()).isEqualTo(DASH);
        assertThat(write(true, Compat.KMOD_34, "pci:v1"))
                .isEqualTo(new Written("", List.of("ERROR: Module name pci:v1 not found."), false));
    }

    @Test
    void builtin_ofWhichTheKernelSaysNothing_isAnErrorOfKmod30Only() throws IOException {
        String text = "name:           noinfo\nfilename:       (builtin)\n";
        assertThat(write(false, Compat.KMOD_34, "noinfo")).isEqualTo(new Written(text, List.of(), true));
        assertThat(write(false, Compat.KMOD_30, "noinfo"))
                .isEqualTo(new Written(
                        text, List.of("ERROR: could not get modinfo from 'noinfo': Function not implemented"), false));
    }

    @Test
    void arguments_missingOnesBetween_areToldInOrder() throws IOException {
        String[] many = IntStream.range(0, 300)
                .mapToObj(i ->
                        i % 3 == 0 ? "c" : i % 3 == 1 ? "missing" + i : "lib/modules/" + RELEASE + "/kernel/a-b.ko")
                .toArray(String[]::new);
        Written written = write(false, Compat.KMOD_34, many);
        assertThat(written.text()).isEqualTo((C + A_B).repeat(100));
        assertThat(written.isGood()).isFalse();
        assertThat(written.complaints())
                .hasSize(100)
                .startsWith("ERROR: Module missing1 not found.", "ERROR: Module missing4 not found.");
    }

    @Test
    void module_withAFileAndBuiltIn_isSaidToBeWhatTheKernelSays() throws IOException {
        index("modules.builtin.bin", "c", "", 0);
        Files.writeString(tree.resolve("modules.builtin.modinfo"), "c.license=builtin\0");
        assertThat(text("c"))
                .isEqualTo("filename:       ROOT/lib/modules/6.1.0-test/kernel/c.ko\nlicense:        builtin\n");
        assertThat(text(tree.resolve("kernel/c.ko").toString())).isEqualTo(C);
    }

    @Test
    void index_damaged_isAnErrorThatNamesIt() throws IOException {
        Files.writeString(tree.resolve("modules.dep.bin"), "garbage, and more than a header");
        assertThatThrownBy(() -> finder().named("a", false)).isInstanceOf(MalformedInputException.class);
        Written written =
                write(false, Compat.KMOD_34, "blt", tree.resolve("kernel/c.ko").toString());
        assertThat(written.text()).isEqualTo(C);
        assertThat(written.complaints()).hasSize(1);
        assertThat(written.complaints().get(0)).contains("modules.dep.bin", "magic number");
    }

    @Test
    void tree_notThere_onlyFilesAreFound() throws IOException {
        ModuleInfoFinder finder = new ModuleInfoFinder(root, "nowhere", "1.2");
        assertThat(finder.named("c", false)).isEmpty();
        assertThat(finder.isFile("lib/modules/" + RELEASE + "/kernel/c.ko")).isTrue();
        assertThat(finder.isFile("lib/modules/" + RELEASE + "/modules.dep.bin")).isFalse();
        assertThat(finder.isFile("lib/modules/" + RELEASE + "/kernel")).isFalse();
    }

    @Test
    void modinfo_tooLarge_isSaidToBeSo() throws IOException {
        Path file = Files.write(root.resolve("big.ko"), object("a=" + "x".repeat(ModuleBytes.MAX_PART)));
        assertThat(write(false, Compat.KMOD_34, file.toString()).complaints())
                .containsExactly("ERROR: could not get modinfo from 'big': size of .modinfo: found 16777218 bytes,"
                        + " expected at most 16777216");
    }
}
