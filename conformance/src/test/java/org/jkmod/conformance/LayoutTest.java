package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sections lie where real kernels put them, and modules are as large as those kernels said. */
class LayoutTest {
    @TestFactory
    Stream<DynamicTest> sections_recordedKernel_haveItsOffsets() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(
                        release,
                        () -> assertThat(comparedOffsets(GroundTruthTest.recording(release)))
                                .isGreaterThan(1_500)));
    }

    @TestFactory
    Stream<DynamicTest> sections_ownRecording_haveItsOffsets() {
        return GroundTruthTest.ownRecordings().stream()
                .map(path -> DynamicTest.dynamicTest(
                        String.valueOf(path.getFileName()),
                        () -> assertThat(comparedOffsets(path)).isPositive()));
    }

    private static long comparedOffsets(Path path) throws IOException {
        try (Recording recording = new Recording(path)) {
            LayoutComparison comparison = LayoutComparison.of(recording);
            assertThat(comparison.differences()).isEmpty();
            return comparison.sections();
        }
    }

    @TestFactory
    Stream<DynamicTest> sizes_recordedKernel_areThoseOfProcModules() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(
                        release,
                        () -> assertThat(comparedSizes(GroundTruthTest.recording(release)))
                                .isGreaterThan(90)));
    }

    @TestFactory
    Stream<DynamicTest> sizes_ownRecording_areThoseOfProcModules() {
        return GroundTruthTest.ownRecordings().stream()
                .map(path -> DynamicTest.dynamicTest(
                        String.valueOf(path.getFileName()),
                        () -> assertThat(comparedSizes(path)).isPositive()));
    }

    private static int comparedSizes(Path path) throws IOException {
        try (Recording recording = new Recording(path)) {
            Map<String, String> lines = recording.procModules();
            List<String> wrong = new ArrayList<>();
            KernelConfiguration kernel = recording.configuration();
            int compared = 0;
            for (KernelObject object : recording.loaded()) {
                String line = lines.get(object.name());
                if (line == null) {
                    continue;
                }
                compared++;
                long size = 0;
                for (Map.Entry<MemoryType, Long> memory :
                        ModuleLayout.of(object, kernel).sizes().entrySet()) {
                    if (!memory.getKey().isInit() && memory.getKey() != MemoryType.PERCPU) {
                        size += (memory.getValue() + 4095) / 4096 * 4096;
                    }
                }
                if (!line.startsWith(object.name() + " " + size + " ")) {
                    wrong.add(line + " but our size is " + size);
                }
            }
            assertThat(wrong).isEmpty();
            return compared;
        }
    }
}
