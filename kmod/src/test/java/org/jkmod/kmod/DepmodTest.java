package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DepmodTest extends TreeTest {
    private static final Path RECORDED = Path.of("src/test/resources/depmod");
    private static final String RELEASE = "1.0";

    DepmodTest() {
        super(RELEASE);
    }

    private Depmod.Builder depmod() {
        return Depmod.builder(root, RELEASE);
    }

    private static String text(DepmodResult result, String file) {
        return new String(result.bytes(file), StandardCharsets.UTF_8);
    }

    /** Recorded from kmod 30 and 34.2: see the script beside the recordings. */
    @ParameterizedTest
    @EnumSource
    void run_recordedTree_writesWhatKmodWrote(Compat compat) throws Exception {
        for (int threads : List.of(1, 3)) {
            DepmodResult result = Depmod.builder(RECORDED.resolve("tree"), RELEASE)
                    .outputRoot(root)
                    .compat(compat)
                    .threads(threads)
                    .build()
                    .run();
            result.write();
            Path expected = RECORDED.resolve(compat == Compat.KMOD_30 ? "kmod-30" : "kmod-34");
            try (Stream<Path> files = Files.list(expected)) {
                assertThat(files.map(file -> String.valueOf(file.getFileName())))
                        .containsExactlyInAnyOrderElementsOf(result.files());
            }
            for (String file : result.files()) {
                assertThat(folder().resolve(file)).as(file).hasSameBinaryContentAs(expected.resolve(file));
            }
            assertThat(result.warnings())
                    .anyMatch(w -> w.contains("trunc.ko: section headers"))
                    .anyMatch(w -> w.contains("bad.ko: e_ident"))
                    .contains("Unmatched bracket in un[matched");
        }
    }

    /** As kmod 34.2 tells it. */
    @Test
    void run_withSymvers_tellsWhatIsMissingAndDisagrees() throws Exception {
        Path symvers = Files.writeString(
                root.resolve("symvers"),
                "0x00000078\tvmsym\tvmlinux\tE\nnonsense\n0xzz x vmlinux\n0x1\tunknown\tone\tE\n");
        List<String> warnings = Depmod.builder(RECORDED.resolve("tree").toAbsolutePath(), RELEASE)
                .symvers(symvers)
                .reportSymbols(true)
                .build()
                .run()
                .warnings();
        assertThat(warnings.stream()
                        .filter(w -> w.contains(" needs ") || w.contains(" disagrees "))
                        .map(w -> w.substring(w.lastIndexOf("/1.0/") + 5)))
                .containsExactly(
                        "kernel/c/four.ko disagrees about version of symbol one_sym",
                        "kernel/c/four.ko needs unknown symbol two_sym",
                        "kernel/b/two.ko disagrees about version of symbol vmsym",
                        "kernel/b/two.ko disagrees about version of symbol .dotted",
                        "kernel/b/two.ko needs unknown symbol unknown",
                        "kernel/b/two.ko disagrees about version of symbol vers_only",
                        "kernel/d/s.ko disagrees about version of symbol p1",
                        "kernel/d/s.ko disagrees about version of symbol one_sym",
                        "kernel/d/s.ko disagrees about version of symbol vers_only",
                        "kernel/d/p.ko disagrees about version of symbol p2",
                        "kernel/d/own.ko disagrees about version of symbol vmsym");
    }

    @Test
    void run_withoutSymvers_saysThatChecksNeedIt() throws Exception {
        put("a.ko", small("a").imports("nowhere"));
        assertThat(depmod().reportSymbols(true).build().run().warnings())
                .contains("-e needs -E or -F")
                .noneMatch(w -> w.contains("unknown symbol"));
    }

    @Test
    void run_modulesThatNeedEachOther_writesNothingAndTellsTheCycle() throws Exception {
        put("a.ko", small("a").exports("fa").imports("fb"));
        put("b.ko", small("b").exports("fb").imports("fa"));
        put("c.ko", small("c").imports("fa"));
        put("modules.dep", "old".getBytes(StandardCharsets.US_ASCII));
        DepmodResult result = depmod().build().run();
        assertThat(result.cycles()).containsExactly(List.of("b", "a", "b"));
        assertThat(result.modulesInCycles()).isEqualTo(2);
        assertThat(result.files()).isEmpty();
        assertThatThrownBy(result::write).isInstanceOf(IllegalStateException.class);
        assertThat(folder().resolve("modules.dep")).hasContent("old");
    }

    /** Four of them abort kmod's report of cycles; of three it tells twenty thousand; of others it takes all memory. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 9, 40})
    @Timeout(60)
    void run_manyModulesThatAllNeedEachOther_tellsSomeCycles(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            String[] others = new String[count - 1];
            for (int j = 0; j < others.length; j++) {
                others[j] = "f" + (j < i ? j : j + 1);
            }
            put("m" + i + ".ko", small("m" + i).exports("f" + i).imports(others));
        }
        DepmodResult result = depmod().build().run();
        assertThat(result.modulesInCycles()).isEqualTo(count);
        assertThat(result.cycles()).isNotEmpty().hasSizeLessThanOrEqualTo(100).allSatisfy(cycle -> {
            assertThat(cycle.get(0)).isEqualTo(cycle.get(cycle.size() - 1));
            assertThat(cycle.subList(1, cycle.size())).doesNotHaveDuplicates();
        });
    }

    /** kmod leaves half of the files behind. */
    @Test
    void run_aliasThatNoIndexCanHold_writesAllFilesWithoutIt() throws Exception {
        put("a.ko", small("a").and("alias", "café").and("alias", "after"));
        DepmodResult result = depmod().build().run();
        result.write();
        assertThat(new String(result.bytes("modules.alias"), StandardCharsets.ISO_8859_1))
                .contains("alias café a\nalias after a\n");
        assertThat(result.warnings()).anyMatch(w -> w.startsWith("not in modules.alias.bin") && w.contains(": caf"));
        ModuleIndex index = ModuleIndex.read(folder().resolve("modules.alias.bin"));
        assertThat(index.find("after")).hasSize(1);
        try (Stream<Path> files = Files.list(folder())) {
            assertThat(files).hasSize(1 + result.files().size());
        }
    }

    /** kmod follows them until it has no more descriptors. */
    @Test
    void run_linksInACircle_areFollowedOnce() throws Exception {
        put("sub/a.ko", small("a"));
        Files.createSymbolicLink(folder().resolve("sub/up"), Path.of(".."));
        Files.createSymbolicLink(folder().resolve("self"), Path.of("."));
        DepmodResult result = depmod().build().run();
        assertThat(text(result, "modules.dep")).isEqualTo("sub/a.ko:\n");
        assertThat(result.warnings()).filteredOn(w -> w.contains("leads back")).hasSize(2);
    }

    @Test
    void run_configuration_choosesAmongModulesOfAName() throws Exception {
        put("kernel/m.ko", small("m").and("alias", "kernel"));
        put("extra/m.ko", small("m").and("alias", "extra"));
        put("updates/m.ko", small("m").and("alias", "updates"));
        Path outside = Path.of("/outside");
        Files.createDirectories(root.resolve("outside"));
        Files.write(
                root.resolve("outside/m.ko"), small("m").and("alias", "outside").bytes());
        assertThat(chosen("")).isEqualTo("updates");
        assertThat(chosen("search extra kernel")).isEqualTo("extra");
        assertThat(chosen("search kernel extra")).isEqualTo("kernel");
        assertThat(chosen("override m * kernel")).isEqualTo("kernel");
        assertThat(chosen("override m 1[.]0 extra")).isEqualTo("extra");
        assertThat(chosen("override m 2 kernel")).isEqualTo("updates");
        assertThat(chosen("override m [ kernel")).isEqualTo("updates");
        assertThat(chosen("exclude updates kernel")).isEqualTo("extra");
        assertThat(chosen("search external\nexternal * " + outside)).isEqualTo("outside");
        assertThat(chosen("search external\nexternal 2.* " + outside)).isNotEqualTo("outside");
    }

    private String chosen(String config) throws IOException {
        Path file = root.resolve("etc/depmod.d/test.conf");
        Files.createDirectories(file.getParent());
        Files.writeString(file, config);
        String alias = text(depmod().build().run(), "modules.alias");
        return alias.lines().skip(1).findFirst().orElseThrow().split(" ", -1)[1];
    }

    @Test
    void run_externalOfTheRoot_isInsideOfIt() throws Exception {
        put("a.ko", small("a"));
        Path host = Files.createDirectories(root.resolve("host/ext"));
        Files.write(host.resolve("b.ko"), small("b").bytes());
        Path config = root.resolve("etc/depmod.d/x.conf");
        Files.createDirectories(config.getParent());
        Files.writeString(config, "external * " + host);
        assertThat(text(depmod().build().run(), "modules.dep")).isEqualTo("a.ko:\n");
        Files.createDirectories(root.resolve("up/ext"));
        Files.write(root.resolve("up/ext/c.ko"), small("c").bytes());
        Files.createSymbolicLink(root.resolve("link"), Path.of("/up"));
        Files.writeString(config, "external * /link/ext");
        assertThat(text(depmod().build().run(), "modules.dep")).contains("/link/ext/c.ko:\n");
        Path other = Files.writeString(root.resolve("other.conf"), "external * " + host);
        assertThat(text(depmod().configuration(List.of(other)).build().run(), "modules.dep"))
                .contains(host + "/b.ko:\n");
    }

    /** Without an end, or nearly: two links a folder make of forty of them 2^40. */
    @Test
    @Timeout(60)
    void run_linksThatMultiplyFolders_areAnError() throws Exception {
        Files.createDirectories(folder());
        for (int i = 0; i < 40; i++) {
            Path sib = Files.createDirectories(root.resolve("lib/modules/sib/d" + i));
            Files.createSymbolicLink(sib.resolve("a"), Path.of("../d" + (i + 1)));
            Files.createSymbolicLink(sib.resolve("b"), Path.of("../d" + (i + 1)));
        }
        Files.createDirectories(root.resolve("lib/modules/sib/d40"));
        Files.createSymbolicLink(folder().resolve("in"), Path.of("../sib/d0"));
        assertThatThrownBy(() -> depmod().build().run())
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("/in/")
                .hasMessageContaining("more than 16384");
    }

    @Test
    void run_chainThatMakesModulesDepTooLong_isAnError() throws Exception {
        for (int i = 0; i < 40; i++) {
            put("m" + i + ".ko", small("m" + i).exports("f" + i).imports("f" + (i + 1)));
        }
        int size = depmod().build().run().bytes("modules.dep").length;
        assertThat(depmod().maxDependencies(size).build().run().bytes("modules.dep"))
                .hasSize(size);
        assertThatThrownBy(() -> depmod().maxDependencies(size - 1).build().run())
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("modules.dep: size")
                .hasMessageContaining("more than " + (size - 1) + " bytes");
    }

    /** As kmod: only what an index would have twice. */
    @Test
    void run_aliasesThatAreThereTwice_areToldOncePerModule() throws Exception {
        put("a.ko", small("a").and("alias", "x-1").and("alias", "x_1").and("alias", "y"));
        put("b.ko", small("b").and("alias", "y"));
        assertThat(depmod().warnDuplicates(true).build().run().warnings())
                .filteredOn(w -> w.contains("duplicate"))
                .containsExactly("duplicate module alias: x_1 a");
    }

    @Test
    void run_badLinesOfASystemMap_areTold() throws Exception {
        put("a.ko", small("a").imports("fa"));
        Path map = Files.writeString(root.resolve("map"), "ffff T __ksymtab_fa\n0 1 2 3\nbad\n\nx T\n");
        assertThat(depmod().reportSymbols(true).systemMap(map).build().run().warnings())
                .filteredOn(w -> w.startsWith(map.toString()))
                .containsExactly(
                        map + ":3: invalid line: bad", map + ":4: invalid line: ", map + ":5: invalid line: x T");
    }

    @Test
    void run_theSameFileTwice_isRefused() throws Exception {
        put("a.ko", small("a"));
        Path file = folder().resolve("a.ko");
        assertThatThrownBy(() -> depmod().files(List.of(file, file)).build().run())
                .isInstanceOf(IOException.class)
                .hasMessage(file + ": File exists");
    }

    @Test
    void run_namesOfOtherBytesInWarnings_areReadable() throws Exception {
        put("é.ko", small("e").imports("nobody"));
        Path map = Files.writeString(root.resolve("map"), "");
        assertThat(depmod().reportSymbols(true).systemMap(map).build().run().warnings())
                .anyMatch(w -> w.startsWith("not in modules.dep.bin") && w.endsWith(": é.ko"))
                .anyMatch(w -> w.contains("/é.ko needs unknown symbol nobody"));
    }

    @Test
    void run_fileNamesOfOtherBytes_areKept() throws Exception {
        put("we ird.ko", small("w"));
        put("ümlaut.ko", small("u").exports("fu"));
        put("user.ko", small("user").imports("fu"));
        String dep = text(depmod().build().run(), "modules.dep");
        assertThat(dep.lines()).containsExactlyInAnyOrder("we ird.ko:", "ümlaut.ko:", "user.ko: ümlaut.ko");
    }

    @Test
    void run_compressedModules_areRead() throws Exception {
        java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
        try (java.util.zip.GZIPOutputStream out = new java.util.zip.GZIPOutputStream(packed)) {
            out.write(small("a").exports("fa").bytes());
        }
        put("a.ko.gz", packed.toByteArray());
        put("b.ko", small("b").imports("fa"));
        put("modules.order", "a.ko\nb.ko\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(text(depmod().build().run(), "modules.dep")).isEqualTo("a.ko.gz:\nb.ko: a.ko.gz\n");
    }

    @Test
    void run_files_readsNoOthers() throws Exception {
        put("a.ko", small("a").exports("fa"));
        put("b.ko", small("b").imports("fa"));
        DepmodResult result =
                depmod().files(List.of(folder().resolve("b.ko"))).build().run();
        assertThat(text(result, "modules.dep")).isEqualTo("b.ko:\n");
        assertThatThrownBy(
                        () -> depmod().files(List.of(Path.of("b.ko"))).build().run())
                .isInstanceOf(IOException.class)
                .hasMessage("b.ko: not absolute path.");
        assertThatThrownBy(() ->
                        depmod().files(List.of(root.resolve("c.ko"))).build().run())
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void run_treeBelowUsr_isFound() throws Exception {
        Path file = root.resolve("usr/lib/modules/1.0/a.ko");
        Files.createDirectories(file.getParent());
        Files.write(file, small("a").bytes());
        assertThat(depmod().build().run().folder()).isEqualTo(file.getParent());
        assertThatThrownBy(() -> depmod().moduleDirectory("lib/modules").build().run())
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void isUpToDate_onlyIfNoModuleIsNewer() throws Exception {
        put("a.ko", small("a"));
        assertThat(depmod().build().isUpToDate()).isFalse();
        depmod().build().run().write();
        FileTime then = FileTime.fromMillis(1_700_000_000_000L);
        Files.setLastModifiedTime(folder().resolve("modules.dep"), then);
        Files.setLastModifiedTime(folder().resolve("a.ko"), then);
        assertThat(depmod().build().isUpToDate()).isTrue();
        Files.setLastModifiedTime(
                folder().resolve("a.ko"),
                FileTime.fromMillis(then.toMillis() + Duration.ofSeconds(2).toMillis()));
        assertThat(depmod().build().isUpToDate()).isFalse();
    }

    @Test
    void run_withCache_readsOnlyChangedModules() throws Exception {
        FileTime then = FileTime.fromMillis(1_700_000_000_000L);
        put("a.ko", small("a").exports("fa").and("alias", "al"));
        put("b.ko", small("b").imports("fa"));
        put("c.ko", "garbage".getBytes(StandardCharsets.US_ASCII));
        for (String file : List.of("a.ko", "b.ko", "c.ko")) {
            Files.setLastModifiedTime(folder().resolve(file), then);
        }
        Depmod depmod = depmod().cache(true).build();
        DepmodResult first = depmod.run();
        first.write();
        assertThat(first.modulesRead()).isEqualTo(3);
        DepmodResult second = depmod.run();
        // What is wrong with a module is told again.
        assertThat(second.modulesRead()).isEqualTo(1);
        assertThat(second.warnings()).isEqualTo(first.warnings());
        for (String file : first.files()) {
            assertThat(second.bytes(file)).as(file).isEqualTo(first.bytes(file));
        }

        put("a.ko", small("a").exports("fx").and("alias", "other"));
        Files.setLastModifiedTime(folder().resolve("a.ko"), FileTime.fromMillis(then.toMillis() + 1));
        DepmodResult third = depmod.run();
        assertThat(third.modulesRead()).isEqualTo(2);
        DepmodResult all = depmod().build().run();
        for (String file : all.files()) {
            assertThat(third.bytes(file)).as(file).isEqualTo(all.bytes(file));
        }
    }

    @Test
    void run_damagedCache_isNotUsed() throws Exception {
        put("a.ko", small("a").exports("fa"));
        Files.setLastModifiedTime(folder().resolve("a.ko"), FileTime.fromMillis(1_700_000_000_000L));
        Depmod depmod = depmod().cache(true).build();
        depmod.run().write();
        Path file = folder().resolve("modules.jkmod-cache.bin");
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(3);
        for (int round = 0; round < 300; round++) {
            byte[] bad = Arrays.copyOf(good, round % 3 == 0 ? random.nextInt(good.length) : good.length);
            if (bad.length == good.length) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, bad);
            DepmodResult result = depmod.run();
            assertThat(result.modulesRead()).as("seed 3, round %d", round).isEqualTo(1);
            assertThat(result.warnings()).anyMatch(w -> w.contains("not used"));
        }
        Files.write(file, good);
        assertThat(depmod.run().modulesRead()).isZero();
    }

    @Test
    void write_whatCannotBeReplaced_leavesAllAsItWas() throws Exception {
        put("a.ko", small("a"));
        put("modules.dep", "old".getBytes(StandardCharsets.US_ASCII));
        Files.createDirectories(folder().resolve("modules.devname"));
        DepmodResult result = depmod().build().run();
        assertThatThrownBy(result::write).isInstanceOf(IOException.class);
        assertThat(folder().resolve("modules.dep")).hasContent("old");
        try (Stream<Path> files = Files.list(folder())) {
            assertThat(files.map(f -> String.valueOf(f.getFileName())))
                    .containsExactlyInAnyOrder("a.ko", "modules.dep", "modules.devname");
        }
    }

    @Test
    void builder_badRelease_isRefused() {
        for (String release : List.of("", "1", "x1.0", "1.x", "1.0/../..")) {
            assertThatThrownBy(() -> Depmod.builder(root, release)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Whatever is in a module's file, the others are not hurt, and it is still listed. */
    @Test
    @Timeout(120)
    void run_mutatedModule_isListed() throws Exception {
        byte[] good =
                small("bad").exports("fb").imports("fg").and("alias", "x*").bytes();
        put("good.ko", small("good").exports("fg"));
        Random random = new Random(7);
        for (int round = 0; round < 1500; round++) {
            byte[] bad = good.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                // The headers are where faults are.
                int at = random.nextBoolean() ? random.nextInt(64) : random.nextInt(bad.length);
                bad[random.nextInt(3) == 0 ? bad.length - 1 - random.nextInt(600) : at] = (byte) random.nextInt();
            }
            put("bad.ko", random.nextInt(4) == 0 ? Arrays.copyOf(bad, random.nextInt(bad.length)) : bad);
            DepmodResult result = depmod().threads(1).build().run();
            assertThat(result.cycles()).isEmpty();
            assertThat(text(result, "modules.dep").lines())
                    .as("seed 7, round %d", round)
                    .contains("good.ko:")
                    .anyMatch(line -> line.startsWith("bad.ko:"));
        }
    }

    @Test
    void run_damagedOrder_isAnError() throws Exception {
        put("a.ko", small("a"));
        Path order = folder().resolve("modules.order");
        try (java.io.RandomAccessFile file = new java.io.RandomAccessFile(order.toFile(), "rw")) {
            file.setLength(1L << 27);
        }
        assertThatThrownBy(() -> depmod().build().run()).isInstanceOf(MalformedInputException.class);
    }
}
