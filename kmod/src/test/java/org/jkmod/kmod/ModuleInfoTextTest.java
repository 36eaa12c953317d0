package org.jkmod.kmod;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Against what kmod's modinfo wrote of some hundred objects: {@code modinfo/make.py} made and recorded them. */
class ModuleInfoTextTest {
    private static final String FOLDER = "/tmp/modinfo-cases/";

    private static Map<String, byte[]> cases() {
        Map<String, byte[]> files = new TreeMap<>();
        try (InputStream in = ModuleInfoTextTest.class.getResourceAsStream("modinfo/cases.zip");
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return files;
    }

    private record Written(String text, String errors) {}

    private static Written write(String name, byte[] object, ModuleInfoText.Style style) {
        ModuleInfoText text = new ModuleInfoText(style);
        text.addFile(FOLDER + name + ".ko");
        try {
            text.add(ModuleInfo.parse(object, name + ".ko"));
        } catch (MalformedInputException e) {
            text.complain(ModuleInfoText.complaint(name, e, style.compat()));
        }
        StringBuilder errors = new StringBuilder();
        text.complaints().forEach(c -> errors.append("modinfo: ").append(c).append('\n'));
        return new Written(new String(text.toBytes(), ISO_8859_1), errors.toString());
    }

    private static ModuleInfoText.Style style(Compat compat) {
        return new ModuleInfoText.Style(compat, false, Optional.empty(), false);
    }

    @TestFactory
    Stream<DynamicTest> object_recordedOfKmod_isWrittenTheSame() {
        Map<String, byte[]> cases = cases();
        assertThat(cases).hasSizeGreaterThan(1000);
        return cases.keySet().stream()
                .filter(n -> n.endsWith(".30") || n.endsWith(".34"))
                .map(n -> DynamicTest.dynamicTest(n, () -> {
                    String name = n.substring(0, n.length() - 3);
                    Compat compat = n.endsWith(".30") ? Compat.KMOD_30 : Compat.KMOD_34;
                    Written written = write(name, cases.get(name + ".ko"), style(compat));
                    assertThat(written.text()).isEqualTo(new String(cases.get(n), ISO_8859_1));
                    assertThat(written.errors()).isEqualTo(new String(cases.get(n + ".err"), UTF_8));
                }));
    }

    @Test
    void objects_sectionIndexesOutOfRange_areFaultsThoughKmodAborts() {
        Map<String, byte[]> cases = cases();
        for (String name : new String[] {"r_shnum0", "r_strndx0", "r_strndx3", "r_strndxffff"}) {
            assertThat(cases).doesNotContainKey(name + ".34");
            assertThat(write(name, cases.get(name + ".ko"), style(Compat.KMOD_34))
                            .errors())
                    .isEqualTo("modinfo: ERROR: could not get modinfo from '" + name + "': Invalid argument\n");
        }
    }

    private record Field(String name, String expected, boolean nul) {}

    /** Recorded with kmod 34.2: modinfo [-0] [-F NAME]. */
    @TestFactory
    Stream<DynamicTest> field_ofParameters_isWrittenAsValues() {
        return Stream.of(
                        new Field("parm", "b:x\na:dd (long)\n", false),
                        new Field("parm", "b:x\0a:dd (long)\0", true),
                        new Field("parmtype", "a:int\na:long\n", false),
                        new Field("filename", FOLDER + "parmdup2.ko\n", false),
                        new Field("Parm", "", false),
                        new Field("signer", "", false),
                        new Field("build-id", "", false))
                .map(f -> DynamicTest.dynamicTest(f.toString(), () -> {
                    var style = new ModuleInfoText.Style(Compat.KMOD_34, f.nul, Optional.of(f.name), false);
                    assertThat(write("parmdup2", cases().get("parmdup2.ko"), style)
                                    .text())
                            .isEqualTo(f.expected);
                }));
    }

    @Test
    void nul_allFields_leavesFilenameAndParametersAsTheyAre() {
        var style = new ModuleInfoText.Style(Compat.KMOD_34, true, Optional.empty(), false);
        assertThat(write("empty_value", cases().get("empty_value.ko"), style).text())
                .isEqualTo("filename:       " + FOLDER + "empty_value.ko\0license=\0=novalue\0noequals=\0a=b=c\0");
        assertThat(write("parmdup", cases().get("parmdup.ko"), style).text())
                .isEqualTo("filename:       " + FOLDER + "parmdup.ko\0parm:           a:two (int)\0");
    }

    @Test
    void objects_mutated_areReadOrRefused() throws IOException {
        long seed = 20261122;
        Random random = new Random(seed);
        Map<String, byte[]> cases = cases();
        cases.put("real.ko", Files.readAllBytes(Path.of("../examples/modules/x86_64/jkmod_orphan.ko")));
        String[] names = {"p7_child", "p7_rsa", "oldsig", "parm", "be32", "q_indef", "twomod", "real"};
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] object = cases.get(names[i % names.length] + ".ko").clone();
            int changes = 1 + random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                // Where an object's fate is decided: at its beginning, and at its end.
                int at = random.nextInt(random.nextBoolean() ? object.length : Math.min(object.length, 4096));
                object[random.nextBoolean() ? at : object.length - 1 - at] = (byte) random.nextInt();
            }
            if (random.nextInt(8) == 0) {
                object = Arrays.copyOf(object, random.nextInt(object.length + 1));
            }
            try {
                Written written = write("m", object, style(Compat.KMOD_34));
                refused += written.errors().contains("could not get") ? 1 : 0;
                assertThat(written.text()).startsWith("filename:");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", object " + i, e);
            }
        }
        assertThat(refused).as("seed %d", seed).isBetween(500, 19_000);
    }
}
