package org.jkmod.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the example modules; what C makes of Debian's modules {@code bench/run relocation} compares in every run. */
class RelocationInputTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"x86_64", "aarch64", "riscv64"})
    void apply_threePrograms_writeTheSameBytes(String architecture) throws IOException {
        Path modules = Path.of("../examples/modules").resolve(architecture);
        Path file = folder.resolve("relocations");
        RelocationWriter.write(
                file, architecture, List.of(modules.resolve("jkmod_ring.ko"), modules.resolve("jkmod_stat.ko")));
        RelocationInput input = RelocationInput.read(file);
        input.wipe();
        byte[] before = input.image().clone();

        int applied = input.apply(RelocationBenchmark.program("interpreted", architecture));

        byte[] expected = input.image().clone();
        assertThat(applied).isEqualTo(input.relocations()).isPositive();
        assertThat(expected).isNotEqualTo(before);
        for (String program : List.of("compiled", "switch")) {
            input.wipe();
            assertThat(input.image()).isEqualTo(before);
            assertThat(input.apply(RelocationBenchmark.program(program, architecture)))
                    .isEqualTo(applied);
            assertThat(input.image()).isEqualTo(expected);
        }
    }
}
