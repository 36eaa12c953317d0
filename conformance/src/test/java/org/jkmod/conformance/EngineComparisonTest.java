package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.core.KernelObject;
import org.jkmod.kmod.ModuleTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The compiled program makes of real modules what the interpreter makes of them. Whole trees are compared if the property
 * {@code jkmod.trees} names a folder of them, as {@code conformance/fetch-kernel --uncompressed} makes it.
 */
class EngineComparisonTest {
    private static final Path EXAMPLES = Path.of("..", "examples", "modules");

    @ParameterizedTest
    @ValueSource(strings = {"x86_64", "aarch64", "riscv64"})
    void compiled_exampleModules_equalsInterpreted(String architecture) throws IOException {
        EngineComparison comparison = new EngineComparison();
        try (var files = Files.list(EXAMPLES.resolve(architecture))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".ko")).sorted().toList()) {
                comparison.compare(KernelObject.read(file));
            }
        }
        assertThat(comparison.differences()).isEmpty();
        assertThat(comparison.modules()).isEqualTo(6);
        assertThat(comparison.relocations()).isGreaterThan(200);
    }

    @Test
    void compiled_wholeTrees_equalsInterpreted() throws IOException {
        String folder = System.getProperty("jkmod.trees");
        assumeTrue(folder != null, "SKIPPED: no trees of modules; name their folder with -Djkmod.trees=DIR");
        List<Path> roots;
        try (var entries = Files.list(Path.of(String.valueOf(folder)))) {
            roots = entries.filter(p -> p.toString().endsWith(".uncompressed"))
                    .sorted()
                    .toList();
        }
        assertThat(roots).isNotEmpty();
        for (Path root : roots) {
            String name = root.getFileName().toString();
            EngineComparison comparison = new EngineComparison();
            comparison.compare(ModuleTree.open(root, name.substring(0, name.length() - ".uncompressed".length())));
            System.out.println(name + ": " + comparison.modules() + " modules, " + comparison.relocations()
                    + " relocations, " + comparison.differences().size() + " differences");
            assertThat(comparison.differences()).isEmpty();
        }
    }
}
