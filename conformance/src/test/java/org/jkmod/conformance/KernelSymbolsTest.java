package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jkmod.kmod.KernelImage;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What is read from the images of Debian's kernels, against Module.symvers and against those kernels when they ran. */
class KernelSymbolsTest {
    private static Path cache() {
        return Path.of(Optional.ofNullable(System.getenv("JKMOD_CACHE"))
                .orElse(System.getProperty("user.home") + "/.cache/jkmod"));
    }

    private static Path image(String release) {
        Path root = cache().resolve(release);
        Optional<Path> file = Stream.of(
                        "boot/vmlinuz-" + release, "boot/vmlinux-" + release, "lib/modules/" + release + "/vmlinuz")
                .map(root::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
        assumeTrue(file.isPresent(), "SKIPPED: no kernel in " + root + ": conformance/fetch-kernel brings it");
        return file.orElseThrow();
    }

    @TestFactory
    Stream<DynamicTest> exports_ofAnImage_areThoseOfVmlinuxInModuleSymvers() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    Path image = image(release);
                    Path root = cache().resolve(release);
                    Path symvers =
                            root.resolve("usr/src/linux-headers-" + release).resolve("Module.symvers");
                    Map<String, String> expected = rows(ModuleSymvers.read(symvers));
                    ModuleSymvers exports =
                            KernelImage.read(image).symbols().exports().orElseThrow();
                    assertThat(expected).hasSizeGreaterThan(8_000);
                    assertThat(rows(exports)).isEqualTo(expected);
                }));
    }

    private static Map<String, String> rows(ModuleSymvers symvers) {
        Map<String, String> rows = new TreeMap<>();
        for (int i = 0; i < symvers.size(); i++) {
            if (symvers.owner(i).equals("vmlinux")) {
                rows.put(
                        symvers.name(i),
                        Integer.toHexString(symvers.crc(i)) + " " + symvers.gplOnly(i) + " " + symvers.namespace(i));
            }
        }
        return rows;
    }

    @TestFactory
    Stream<DynamicTest> kallsyms_ofAnImage_haveTheTypesAndDistancesOfTheRunningKernel() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    Kallsyms ours = KernelImage.read(image(release))
                            .symbols()
                            .kallsyms()
                            .orElseThrow();
                    try (Recording recording = new Recording(GroundTruthTest.recording(release))) {
                        compare(ours, recording.kallsyms());
                    }
                }));
    }

    private static void compare(Kallsyms ours, Kallsyms theirs) {
        Map<Long, Integer> distances = new TreeMap<>();
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < theirs.size(); i++) {
            if (!theirs.module(i).isEmpty()) {
                continue;
            }
            int symbol = ours.first(theirs.name(i));
            while (symbol >= 0 && ours.type(symbol) != theirs.type(i)) {
                symbol = ours.next(symbol);
            }
            // Without CONFIG_KALLSYMS_ALL there are only functions; the recording has variables from elsewhere.
            if (symbol < 0 && "TtWw".indexOf(theirs.type(i)) >= 0) {
                missing.add(theirs.name(i));
            } else if (symbol >= 0 && ours.type(symbol) == 'A') {
                assertThat(theirs.address(i)).as(theirs.name(i)).isEqualTo(ours.address(symbol));
            } else if (symbol >= 0 && ours.next(symbol) < 0 && theirs.next(i) < 0) {
                distances.merge(theirs.address(i) - ours.address(symbol), 1, Integer::sum);
            }
        }
        assertThat(missing).isEmpty();
        // One distance: that of KASLR.
        assertThat(distances).hasSize(1);
        assertThat(distances.values().iterator().next()).isGreaterThan(1_500);
    }
}
