package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jkmod.core.Architecture;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole trees are compared by {@code conformance/ld}. */
class LdComparisonTest {
    private static final Path EXAMPLES = Path.of("..", "examples", "modules");

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"x86_64", "aarch64", "riscv64"})
    void loaded_exampleModules_isWhatLdLinks(String name) throws IOException {
        Optional<Path> ld = LdComparison.ld(name);
        assumeTrue(ld.isPresent(), "SKIPPED: no " + LdComparison.command(name) + " on PATH");
        Kernel kernel =
                Kernel.boot(KernelProfile.embedded(Architecture.named(name).orElseThrow()));
        LdComparison comparison = new LdComparison(kernel, ld.orElseThrow(), work);
        for (String module : new String[] {"jkmod_ring", "jkmod_echo", "jkmod_stat"}) {
            comparison.compare(KernelObject.read(EXAMPLES.resolve(name).resolve(module + ".ko")));
        }
        assertThat(comparison.failures()).isEmpty();
        assertThat(comparison.differences()).isEmpty();
        assertThat(comparison.modules()).isEqualTo(3);
        assertThat(comparison.relocations()).isGreaterThan(100);
        assertThat(comparison.sections()).isGreaterThan(30);
    }
}
