package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jkmod.kmod.KernelImage;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What is read from the images of Debian's kernels, against Module.symvers and against those kernels when they ran. */
@Tag("conformance")
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

    /**
     * Line for line: what {@code conformance/} recorded of the running kernels. Their symbols of init are still there after their memory has
     * been freed; those of modules, BPF and trampolines come after all of the kernel's own.
     */
    @TestFactory
    Stream<DynamicTest> kallsyms_ofAnImage_areTheLinesOfTheRunningKernelLessItsModules() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    Path file = recordings().resolve(release).resolve("kallsyms.txt.gz");
                    assumeTrue(Files.isRegularFile(file), "SKIPPED: nobody has recorded " + file);
                    Kallsyms theirs;
                    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
                        theirs = Kallsyms.parse(in.readAllBytes(), file.toString());
                    }
                    Kallsyms ours = KernelImage.read(image(release))
                            .symbols()
                            .kallsyms()
                            .orElseThrow();
                    compareLines(ours, theirs);
                }));
    }

    /** Where {@code REL/kallsyms.txt.gz} of each release is: the variable JKMOD_RECORDINGS, or a folder of the cache. */
    private static Path recordings() {
        return Optional.ofNullable(System.getenv("JKMOD_RECORDINGS"))
                .map(Path::of)
                .orElseGet(() -> cache().resolve("recordings"));
    }

    private static void compareLines(Kallsyms ours, Kallsyms theirs) {
        int own = 0;
        while (own < theirs.size() && theirs.module(own).isEmpty()) {
            own++;
        }
        for (int i = own; i < theirs.size(); i++) {
            assertThat(theirs.module(i)).as("line %s", i + 1).isNotEmpty();
        }
        assertThat(own).isGreaterThan(40_000).isLessThan(theirs.size());
        assertThat(theirs.hasAddresses()).isTrue();
        assertThat(ours.size()).isEqualTo(own);
        long kaslr = theirs.address(own - 1) - ours.address(own - 1);
        int fixed = 0;
        for (int i = 0; i < own; i++) {
            boolean moves = ours.type(i) != 'A' && ours.type(i) != 'a';
            assertThat(line(theirs, i, 0)).as("line %s", i + 1).isEqualTo(line(ours, i, moves ? kaslr : 0));
            fixed += moves ? 0 : 1;
        }
        assertThat(fixed).isLessThan(own / 100);
    }

    private static String line(Kallsyms symbols, int i, long distance) {
        return String.format("%016x %c %s", symbols.address(i) + distance, symbols.type(i), symbols.name(i));
    }
}
