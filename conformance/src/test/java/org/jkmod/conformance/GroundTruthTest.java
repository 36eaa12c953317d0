package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What jkmod makes of modules is what real kernels had in their memory. The recordings are not part of the project: without them
 * these tests skip, and say so. A folder other than {@code ../shared/groundtruth} is named by the property
 * {@code jkmod.groundtruth}.
 */
class GroundTruthTest {
    static final List<String> RELEASES = List.of(
            "6.1.0-50-amd64",
            "6.1.0-50-arm64",
            "6.12.107+deb13-amd64",
            "6.12.107+deb13-arm64",
            "6.12.107+deb13-riscv64",
            "7.2.13+deb14-amd64",
            "7.2.13+deb14-arm64",
            "7.2.13+deb14-riscv64");

    /** Sections that modules of every architecture have, and that must have been compared. */
    private static final List<String> EVERYWHERE =
            List.of(".text", ".rodata", "__ksymtab_strings", "__param", "__bug_table");

    private static Path folder() {
        String given = System.getProperty("jkmod.groundtruth");
        if (given != null) {
            return Path.of(given);
        }
        // Tests run in conformance/
        return Path.of("..", "..", "shared", "groundtruth");
    }

    static Path recording(String release) {
        Path path = folder().resolve(release);
        assumeTrue(
                Files.isDirectory(path),
                "SKIPPED: no recording of " + release + " at "
                        + path.toAbsolutePath().normalize());
        return path;
    }

    @TestFactory
    Stream<DynamicTest> relocatedModules_recordedKernel_equalOutsidePatchSites() {
        return RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    try (Recording recording = new Recording(recording(release))) {
                        MemoryComparison comparison = new MemoryComparison(recording);
                        comparison.run();
                        System.out.println(release + ": " + comparison.modules() + " modules, " + comparison.bytes()
                                + " bytes compared, " + comparison.differentBytes() + " different");
                        if (Boolean.getBoolean("jkmod.table")) {
                            System.out.println(comparison.table());
                        }
                        assertThat(comparison.differences()).isEmpty();
                        assertThat(comparison.differentBytes()).isZero();
                        assertThat(comparison.modules()).isGreaterThan(90);
                        assertThat(comparison.bytes()).isGreaterThan(2_000_000);
                        assertThat(comparison.sections()).containsAll(EVERYWHERE);
                    }
                }));
    }

    @Test
    void recordings_below_areFoundByFolder() throws IOException {
        Path shared = folder();
        assumeTrue(Files.isDirectory(shared), "SKIPPED: no recordings at " + shared.toAbsolutePath());
        assertThat(Recording.below(shared))
                .extracting(p -> p.getFileName().toString())
                .containsAll(RELEASES);
    }
}
