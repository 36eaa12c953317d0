package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.SectionAddresses;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sections lie where real kernels put them, and modules are as large as those kernels said. */
class LayoutTest {
    @TestFactory
    Stream<DynamicTest> sections_recordedKernel_haveItsOffsets() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    try (Recording recording = new Recording(GroundTruthTest.recording(release))) {
                        compareOffsets(recording);
                    }
                }));
    }

    private static void compareOffsets(Recording recording) throws IOException {
        SectionAddresses addresses = recording.sections();
        List<String> wrong = new ArrayList<>();
        int sections = 0;
        for (KernelObject object : recording.loaded()) {
            Map<String, Long> given = addresses.of(object.name());
            Map<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
            for (Placement placement : ModuleLayout.of(object).placements()) {
                Long address = given.get(placement.name());
                if (address == null) {
                    continue;
                }
                sections++;
                long base = address - placement.offset();
                // The first section of a memory says where it is; it must be a page, and all others must agree.
                if (bases.computeIfAbsent(placement.memory(), m -> base) != base || base % 4096 != 0) {
                    wrong.add(object.name() + " " + placement + " at 0x" + Long.toHexString(address));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(sections).isGreaterThan(1_500);
    }

    @TestFactory
    Stream<DynamicTest> sizes_recordedKernel_areThoseOfProcModules() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    try (Recording recording = new Recording(GroundTruthTest.recording(release))) {
                        compareSizes(recording);
                    }
                }));
    }

    /** Of all recorded kernels only this one is built without CONFIG_KALLSYMS_ALL: its modules keep symbols of code only. */
    static KernelConfiguration configuration(String release) {
        KernelConfiguration unknown = KernelConfiguration.of(KernelRelease.parse(release));
        return release.equals("6.1.0-50-arm64")
                ? new KernelConfiguration(unknown.generation(), Map.of("KALLSYMS_ALL", "n"))
                : unknown;
    }

    private static void compareSizes(Recording recording) throws IOException {
        Map<String, String> lines = recording.procModules();
        List<String> wrong = new ArrayList<>();
        KernelConfiguration kernel = configuration(recording.release());
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
        assertThat(compared).isGreaterThan(90);
    }
}
