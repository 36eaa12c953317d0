package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.elf.ElfText.NoteRow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real modules: those of the kernel trees that {@code conformance/fetch-kernel} unpacked into {@code ~/.cache/jkmod}, or into
 * the folder that the environment's {@code JKMOD_CACHE} names. Of each tree's modules, sorted, one in so many is taken.
 */
class CorpusTest {
    private static final int WALKED = 200;
    private static final int COMPARED = 4;

    private static List<Path> trees = List.of();

    @TempDir
    private Path folder;

    @BeforeAll
    static void findTrees() throws IOException {
        Path cache = Path.of(Optional.ofNullable(System.getenv("JKMOD_CACHE"))
                .orElse(System.getProperty("user.home") + "/.cache/jkmod"));
        if (Files.isDirectory(cache)) {
            List<Path> found = new ArrayList<>();
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(cache, "*.uncompressed")) {
                folders.forEach(found::add);
            }
            trees = found.stream().sorted().toList();
        }
        assumeTrue(!trees.isEmpty(), "no kernel tree *.uncompressed in " + cache + ": run conformance/fetch-kernel");
    }

    private static List<Path> sample(Path tree, int count) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            List<Path> modules =
                    files.filter(f -> f.toString().endsWith(".ko")).sorted().toList();
            int step = Math.max(1, modules.size() / count);
            return Stream.iterate(step / 2, i -> i < modules.size(), i -> i + step)
                    .limit(count)
                    .map(modules::get)
                    .toList();
        }
    }

    @Test
    void walk_ofRealModules_findsNoFault() throws IOException {
        int modules = 0;
        for (Path tree : trees) {
            for (Path module : sample(tree, Math.max(1, WALKED / trees.size()))) {
                ElfFile file = ElfFile.read(module);
                assertThat(file.type()).as("%s", module).isEqualTo(Elf.ET_REL);
                assertThat(Walk.everything(file)).as("%s", module).isEmpty();
                assertThat(file.symbols().orElseThrow().count())
                        .as("%s", module)
                        .isGreaterThan(1);
                modules++;
            }
        }
        System.out.printf("CorpusTest: %d modules of %d trees walked%n", modules, trees.size());
        assertThat(modules).isPositive();
    }

    @Test
    void sectionsSymbolsAndRelocations_ofRealModules_areWhatReadelfSays() throws Exception {
        for (Path tree : trees) {
            for (Path module : sample(tree, COMPARED)) {
                ElfText expected = HostTool.readelf(folder, module);
                ElfText actual = ElfText.of(ElfFile.read(module));
                assertThat(actual.header()).as("%s", module).isEqualTo(expected.header());
                ElfText.assertSameRows("section of " + module, actual.sections(), expected.sections());
                ElfText.assertSameRows("symbol of " + module, actual.symbols(), expected.symbols());
                assertThat(actual.relocations().keySet())
                        .as("%s", module)
                        .isEqualTo(expected.relocations().keySet());
                expected.relocations()
                        .forEach((offset, rows) -> ElfText.assertSameRows(
                                "relocation of " + module + " at " + offset,
                                actual.relocations().get(offset),
                                rows));
                assertThat(actual.groups()).as("%s", module).isEqualTo(expected.groups());
                expected.notes()
                        .forEach((section, rows) -> assertSameNotes(
                                section + " of " + module, actual.notes().get(section), rows));
            }
        }
    }

    private static void assertSameNotes(String what, List<NoteRow> actual, List<NoteRow> expected) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            NoteRow row = expected.get(i);
            assertThat(actual.get(i).owner()).as(what).isEqualTo(row.owner());
            assertThat(actual.get(i).size()).as(what).isEqualTo(row.size());
            // readelf knows a few types, and prints what those mean instead of their bytes.
            assertThat(row.type()).as(what).isIn(-1, actual.get(i).type());
            assertThat(row.descriptor()).as(what).isIn("", actual.get(i).descriptor());
        }
    }
}
