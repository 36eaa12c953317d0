package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.core.Kernel;
import org.jkmod.core.ModuleState;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Whole distribution trees, every module of them, where {@code conformance/fetch-kernel} has unpacked them. One tree; all of them with
 * {@code -Djkmod.trees=all}.
 */
@Timeout(120)
class RealTreeTest {
    /**
     * A kernel, and what there is to load.
     *
     * @param relocations as a script of its own counted them: all of {@code SHT_RELA} for sections with SHF_ALLOC but for
     *     {@code .modinfo} and {@code __versions}, and before 7.x {@code .data..percpu}
     */
    private record Tree(String release, int modules, long relocations) {}

    private static final Tree[] TREES = {
        new Tree("6.12.107+deb13-amd64", 4229, 8_158_943),
        new Tree("6.1.0-50-amd64", 4022, 5_664_242),
        new Tree("7.2.13+deb14-amd64", 4216, 9_461_291),
    };

    private static Path root(String release) {
        Path cache = Path.of(Optional.ofNullable(System.getenv("JKMOD_CACHE"))
                .orElse(System.getProperty("user.home") + "/.cache/jkmod"));
        return cache.resolve(release + ".uncompressed");
    }

    @TestFactory
    Stream<DynamicTest> tree_ofADistribution_loadsWhole() {
        boolean all = System.getProperty("jkmod.trees", "").equals("all");
        return Stream.of(TREES)
                .limit(all ? TREES.length : 1)
                .map(tree -> DynamicTest.dynamicTest(tree.release(), () -> {
                    Path root = root(tree.release());
                    assumeTrue(
                            Files.isDirectory(root),
                            "SKIPPED: no kernel tree at " + root + ": get one with conformance/fetch-kernel");
                    load(root, tree);
                }));
    }

    private static void load(Path root, Tree tree) throws IOException {
        Kernel kernel = Kernel.boot(new ProfileSources()
                .root(root)
                .release(tree.release())
                .withoutImageOfRoot()
                .read());
        ModuleTree modules = ModuleTree.open(root, tree.release());
        int jobs = Runtime.getRuntime().availableProcessors();
        long start = System.nanoTime();
        TreeLoad.Result result = TreeLoad.run(kernel, modules, jobs, done -> {});
        System.out.printf(
                "RealTreeTest %s: %d modules, %d relocations, %.2f s on %d threads%n",
                tree.release(), result.loaded(), result.relocations(), (System.nanoTime() - start) / 1e9, jobs);
        assertThat(result.failures()).isEmpty();
        assertThat(result.unresolved()).isZero();
        assertThat(result.loaded()).isEqualTo(tree.modules());
        assertThat(result.relocations()).isEqualTo(tree.relocations());
        assertThat(kernel.modules()).hasSize(tree.modules()).allMatch(m -> m.state() == ModuleState.LIVE);
        assertThat(kernel.modules().stream().mapToLong(m -> m.users().size()).sum())
                .isEqualTo(
                        kernel.modules().stream().mapToLong(m -> m.references()).sum())
                .isEqualTo(kernel.modules().stream()
                        .mapToLong(m -> m.uses().size())
                        .sum());
    }
}
