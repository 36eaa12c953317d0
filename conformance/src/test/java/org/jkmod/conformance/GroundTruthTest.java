package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
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
 * {@code jkmod.groundtruth}. Recordings of {@code conformance/record} are compared too if {@code jkmod.recordings}, or JKMOD_RECORDINGS in
 * the environment, names a folder of them.
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

    /** The recordings of others than {@link #RELEASES}; none if nobody names a folder of them. */
    static List<Path> ownRecordings() {
        String given = System.getProperty("jkmod.recordings", System.getenv("JKMOD_RECORDINGS"));
        try {
            return given == null ? List.of() : Recording.below(Path.of(given));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> relocatedModules_recordedKernel_equalOutsidePatchSites() {
        return RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    MemoryComparison comparison = compared(recording(release));
                    assertThat(comparison.modules()).isGreaterThan(90);
                    assertThat(comparison.bytes()).isGreaterThan(2_000_000);
                    assertThat(comparison.sections()).containsAll(EVERYWHERE);
                }));
    }

    @TestFactory
    Stream<DynamicTest> relocatedModules_ownRecording_equalOutsidePatchSites() {
        return ownRecordings().stream()
                .map(path -> DynamicTest.dynamicTest(String.valueOf(path.getFileName()), () -> {
                    MemoryComparison comparison = compared(path);
                    assertThat(comparison.modules()).isPositive();
                    assertThat(comparison.sections()).contains(".text");
                }));
    }

    private static MemoryComparison compared(Path path) throws IOException {
        try (Recording recording = new Recording(path)) {
            MemoryComparison comparison = new MemoryComparison(recording);
            comparison.run();
            System.out.println(path.getFileName() + ": " + comparison.modules() + " modules, " + comparison.bytes()
                    + " bytes compared, " + comparison.differentBytes() + " different");
            if (Boolean.getBoolean("jkmod.table")) {
                comparison.tallies().forEach(System.out::println);
            }
            assertThat(comparison.differences()).isEmpty();
            assertThat(comparison.differentBytes()).isZero();
            return comparison;
        }
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
