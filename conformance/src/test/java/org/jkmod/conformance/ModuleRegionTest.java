package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jkmod.core.AddressRange;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Generation;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelAddressSpace;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.MemoryMap;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.SectionAddresses;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Modules are where real kernels had them: in the regions that their memory maps say, and as far apart. */
class ModuleRegionTest {
    private static final int PAGE = 4096;
    private static final int SEEDS = 200;

    private record Piece(String module, MemoryType type, long base, long size) {
        long end() {
            return base + size;
        }
    }

    @TestFactory
    Stream<DynamicTest> memories_recordedKernel_areInItsRegionsAndApart() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    try (Recording recording = new Recording(GroundTruthTest.recording(release))) {
                        List<Piece> pieces = pieces(recording);
                        assertThat(pieces)
                                .hasSizeGreaterThan(recording.release().startsWith("6.1.") ? 90 : 300);
                        checkRegions(recording, pieces);
                        checkDistances(recording, pieces);
                    }
                }));
    }

    /** The memories that are there after init. */
    private static List<Piece> pieces(Recording recording) throws IOException {
        SectionAddresses addresses = recording.sections();
        List<Piece> pieces = new ArrayList<>();
        for (KernelObject object : recording.loaded()) {
            Map<String, Long> given = addresses.of(object.name());
            ModuleLayout layout = ModuleLayout.of(object, configuration(recording));
            Map<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
            for (Placement placement : layout.placements()) {
                Long address = given.get(placement.name());
                if (address != null && !placement.memory().isInit() && placement.memory() != MemoryType.PERCPU) {
                    bases.putIfAbsent(placement.memory(), address - placement.offset());
                }
            }
            bases.forEach((type, base) -> pieces.add(
                    new Piece(object.name(), type, base, (layout.sizes().get(type) + PAGE - 1) & -PAGE)));
        }
        pieces.sort(Comparator.comparing(Piece::base, Long::compareUnsigned));
        return pieces;
    }

    /** 6.1 for arm64 is built without KALLSYMS_ALL (README.md of the recordings): its modules are smaller for it. */
    private static KernelConfiguration configuration(Recording recording) {
        boolean all = !recording.release().equals("6.1.0-50-arm64");
        return new KernelConfiguration(
                Generation.of(KernelRelease.parse(recording.release())), Map.of("KALLSYMS_ALL", all ? "y" : "n"));
    }

    private static KernelProfile profile(Recording recording) throws IOException {
        return KernelProfile.builder(recording.release())
                .architecture(recording.loaded().get(0).architecture())
                .addresses(recording.kallsyms())
                .build();
    }

    private static KernelAddressSpace memory(KernelProfile profile, long seed) {
        return Kernel.boot(profile, BootOptions.DEFAULT.withKaslr(seed)).memory();
    }

    /** That kernel had KASLR and its dice are not known: some dice must give regions with all of its modules. */
    private static void checkRegions(Recording recording, List<Piece> pieces) throws IOException {
        long first = pieces.get(0).base();
        long last = pieces.get(pieces.size() - 1).end();
        KernelProfile profile = profile(recording);
        List<Long> fitting = new ArrayList<>();
        for (long seed : LongStream.range(0, SEEDS).toArray()) {
            for (AddressRange region : memory(profile, seed).moduleRegions()) {
                if (region.contains(first) && region.contains(last)) {
                    fitting.add(seed);
                    break;
                }
            }
        }
        System.out.printf(
                "%s: %d memories from %x to %x, in the regions of %d of %d seeds%n",
                recording.release(), pieces.size(), first, last, fitting.size(), SEEDS);
        assertThat(fitting).isNotEmpty();
        AddressRange image = memory(profile, 0).image();
        assertThat(pieces)
                .allMatch(p -> Long.compareUnsigned(p.end(), image.start()) <= 0
                        || Long.compareUnsigned(p.base(), image.end()) >= 0);
    }

    private static void checkDistances(Recording recording, List<Piece> pieces) throws IOException {
        KernelProfile profile = profile(recording);
        boolean blocks = map(profile).codeBlocks().isPresent();
        int guards = 0;
        int none = 0;
        for (int i = 1; i < pieces.size(); i++) {
            Piece before = pieces.get(i - 1);
            Piece piece = pieces.get(i);
            long distance = piece.base() - before.end();
            boolean code = blocks && before.type() == MemoryType.TEXT && piece.type() == MemoryType.TEXT;
            assertThat(distance).as("%s, %s", before, piece).isGreaterThanOrEqualTo(code ? 0 : PAGE);
            guards += distance == PAGE ? 1 : 0;
            none += distance == 0 ? 1 : 0;
        }
        System.out.printf("%s: %d exactly a guard page apart, %d not at all%n", recording.release(), guards, none);
        assertThat(guards).isGreaterThan(pieces.size() / 4);
        assertThat(none > 0).as("code is cut from blocks").isEqualTo(blocks);
    }

    private static MemoryMap map(KernelProfile profile) {
        List<MemoryMap> maps = new ArrayList<>(profile.architecture().facts().memoryMaps());
        maps.removeIf(map -> map.since().compareTo(profile.generation()) > 0);
        return maps.get(maps.size() - 1);
    }
}
