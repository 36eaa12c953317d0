package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelProfileTest {
    private static KernelProfile everything() {
        return Toys.profile("6.12.0-toy", "printk", "a1 drivers/a gpl", "a2 drivers/a gpl NS", "module_layout")
                .addresses(Kallsyms.parse("""
                        ffffffff81000000 T printk
                        ffffffff81000010 t local
                        ffffffffc0000000 t in_module\t[some]
                        """.getBytes(StandardCharsets.US_ASCII), "kallsyms"))
                .config("MODULE_SIG", "y")
                .config("LOCALVERSION", "\"-x=y z\"")
                .build();
    }

    private static byte[] saved(KernelProfile profile) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        profile.save(out);
        return out.toByteArray();
    }

    private static KernelProfile read(byte[] file) throws IOException {
        return KernelProfile.read(new ByteArrayInputStream(file), "p.profile");
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(text.getBytes(StandardCharsets.ISO_8859_1));
        }
        return out.toByteArray();
    }

    // Round trip.

    @Test
    void profile_savedAndRead_saysTheSame() throws IOException {
        KernelProfile profile = everything();
        KernelProfile again = read(saved(profile));
        assertThat(again.release()).isEqualTo(profile.release());
        assertThat(again.architecture()).isInstanceOf(ToyArchitecture.class);
        assertThat(again.vermagic()).contains(ModuleBuilder.VERMAGIC);
        assertThat(again.thisModuleSize()).hasValue(ModuleBuilder.THIS_MODULE_SIZE);
        assertThat(again.config())
                .isEqualTo(Map.of(
                        "MODVERSIONS", "n",
                        "MODULE_SIG", "y",
                        "MODULE_UNLOAD", "y",
                        "SMP", "y",
                        "LOCALVERSION", "\"-x=y z\""));
        assertThat(again.exports().size()).isEqualTo(4);
        assertThat(again.exports().name(2)).isEqualTo("a2");
        assertThat(again.exports().owner(2)).isEqualTo("drivers/a");
        assertThat(again.exports().gplOnly(2)).isTrue();
        assertThat(again.exports().gplOnly(0)).isFalse();
        assertThat(again.exports().namespace(2)).isEqualTo("NS");
        assertThat(again.exports().crc(0)).isEqualTo(ModuleBuilder.crcOf("printk"));
        Kallsyms symbols = again.addresses().orElseThrow();
        assertThat(symbols.size()).isEqualTo(3);
        assertThat(symbols.module(2)).isEqualTo("some");
        assertThat(symbols.type(1)).isEqualTo('t');
        assertThat(symbols.address(0)).isEqualTo(0xffffffff81000000L);
        assertThat(again).hasToString("6.12.0-toy (toy)");
    }

    @Test
    void vermagic_ofAKernel_tellsWhatItWasBuiltWith() {
        KernelProfile profile = KernelProfile.builder("7.2.0-toy")
                .architecture(new ToyArchitecture())
                .vermagic("7.2.0-toy SMP preempt ")
                .build();
        assertThat(profile.config()).isEqualTo(Map.of("SMP", "y", "MODULE_UNLOAD", "n", "MODVERSIONS", "n"));
    }

    @Test
    void profile_thatSaysLittle_isSavedAsLittle() throws IOException {
        KernelProfile profile = KernelProfile.builder("6.12.0")
                .architecture(new ToyArchitecture())
                .build();
        KernelProfile again = read(saved(profile));
        assertThat(again.vermagic()).isEmpty();
        assertThat(again.thisModuleSize()).isEmpty();
        assertThat(again.addresses()).isEmpty();
        assertThat(again.config()).isEmpty();
        assertThat(again.exports().size()).isZero();
        assertThat(again.hasModversions()).isFalse();
        assertThat(again.checksSignatures()).isFalse();
        assertThat(again.configuration().isSet("KALLSYMS_ALL", true)).isTrue();
    }

    @Test
    void profile_savedTwice_isTheSameBytes() throws IOException {
        byte[] once = saved(everything());
        assertThat(saved(everything())).isEqualTo(once);
        assertThat(saved(read(once))).isEqualTo(once);
    }

    /** So that zcat(1) shows it, and others can write it: docs/profile.md. */
    @Test
    void file_ofAProfile_isLinesOfTextInGzip() throws IOException {
        String text;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(saved(everything())))) {
            text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
        assertThat(text.lines())
                .containsExactly(
                        "jkmod-profile 1",
                        "release 6.12.0-toy",
                        "architecture toy",
                        "vermagic " + ModuleBuilder.VERMAGIC,
                        "this_module_size 192",
                        "config LOCALVERSION=\"-x=y z\"",
                        "config MODULE_SIG=y",
                        "config MODULE_UNLOAD=y",
                        "config MODVERSIONS=n",
                        "config SMP=y",
                        "exports",
                        String.format("0x%08x\tprintk\tvmlinux\tEXPORT_SYMBOL\t", ModuleBuilder.crcOf("printk")),
                        String.format("0x%08x\ta1\tdrivers/a\tEXPORT_SYMBOL_GPL\t", ModuleBuilder.crcOf("a1")),
                        String.format("0x%08x\ta2\tdrivers/a\tEXPORT_SYMBOL_GPL\tNS", ModuleBuilder.crcOf("a2")),
                        String.format(
                                "0x%08x\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t",
                                ModuleBuilder.crcOf("module_layout")),
                        "addresses",
                        "ffffffff81000000 T printk",
                        "ffffffff81000010 t local",
                        "ffffffffc0000000 t in_module\t[some]");
    }

    // Hostile files.

    /** A file's text, and what its exception must say. */
    private record Case(String text, String message) {}

    @TestFactory
    Stream<DynamicTest> file_thatIsNoProfile_isMalformedAndSaysWhere() {
        String head = "jkmod-profile 1\nrelease 6.12.0-toy\narchitecture toy\n";
        return Stream.of(
                        new Case("", "line 0: found '', expected jkmod-profile 1 or 2"),
                        new Case("jkmod-profile 3\n", "line 1: found 'jkmod-profile 3', expected jkmod-profile 1 or 2"),
                        new Case(
                                "x".repeat(1000),
                                "line 1: found '" + "x".repeat(40) + "', expected jkmod-profile 1 or 2"),
                        new Case("jkmod-profile 1\n", "line 1: found '', expected release VALUE"),
                        new Case("jkmod-profile 1\nvermagic x\n", "line 2: found 'vermagic x', expected release VALUE"),
                        new Case("jkmod-profile 1\nrelease six\n", "line 2: found six, expected a kernel release"),
                        new Case(
                                "jkmod-profile 1\nrelease 6.1\narchitecture vax\n",
                                "line 3: found vax, expected an architecture whose artifact is on the class path"),
                        new Case(head + "this_module_size many\n", "line 4: found many, expected a number"),
                        new Case(head + "config X\n", "line 4: found X, expected SYMBOL=VALUE"),
                        new Case(head + "surprise\n", "line 4: found surprise, expected a key that this version knows"),
                        new Case(
                                head + "exports\n0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\nnonsense\n",
                                "line 6: found \"nonsense\", expected 4 or 5 fields"),
                        new Case(
                                head + "config A=1\nexports\naddresses\n0000000000000000 t x\nnonsense\n",
                                "line 8: found \"nonsense\", expected an address"),
                        new Case(head + "config A=1\n\nconfig B=1\n", "line 5: found , expected a key"))
                .map(c -> DynamicTest.dynamicTest(c.message(), () -> {
                    byte[] file = gzip(c.text());
                    assertThatThrownBy(() -> read(file))
                            .isInstanceOf(MalformedInputException.class)
                            .hasMessageStartingWith("p.profile: ")
                            .hasMessageContaining(c.message());
                }));
    }

    @Test
    void sysfsModules_ofAProfile_areSavedInASecondVersion() throws IOException {
        KernelProfile profile = KernelProfile.builder("6.12.0-toy")
                .architecture(everything().architecture())
                .sysfsModule("tpm")
                .sysfsModule("acpi")
                .build();
        byte[] file = saved(profile);
        assertThat(new String(
                        new GZIPInputStream(new ByteArrayInputStream(file)).readAllBytes(), StandardCharsets.US_ASCII))
                .startsWith("jkmod-profile 2\n")
                .contains("sysfs_module acpi\nsysfs_module tpm\nexports\n");
        assertThat(read(file).sysfsModules()).containsExactly("acpi", "tpm");
        String header =
                "\nrelease 6.12.0-toy\narchitecture " + profile.architecture().name() + "\nsysfs_module ";
        assertThatThrownBy(() -> read(gzip("jkmod-profile 1" + header + "a\n")))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("sysfs_module");
        assertThatThrownBy(() -> read(gzip("jkmod-profile 2" + header + "a/b\n")))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("expected the name of a module");
    }

    @Test
    void file_thatIsNoGzip_isMalformed() {
        for (byte[] file : List.of("jkmod-profile 1\n".getBytes(StandardCharsets.US_ASCII), new byte[100])) {
            assertThatThrownBy(() -> read(file))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("a gzip file");
        }
    }

    @Test
    void file_thatIsCutOff_isMalformedAtEveryLength() throws IOException {
        byte[] whole = saved(everything());
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(part))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageStartingWith("p.profile: ");
        }
    }

    @Test
    void file_withDamagedBytes_isAProfileOrMalformed() throws IOException {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] text;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(saved(everything())))) {
            text = in.readAllBytes();
        }
        int read = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = text.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) (random.nextBoolean() ? random.nextInt() : '\n');
            }
            byte[] file = gzip(new String(damaged, StandardCharsets.ISO_8859_1));
            try {
                KernelProfile profile = read(file);
                saved(profile);
                read++;
            } catch (MalformedInputException e) {
                assertThat(e).as("seed %d, case %d", seed, i).message().doesNotContain("\n");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", case " + i, e);
            }
        }
        assertThat(read).as("seed %d", seed).isBetween(1, 2999);
    }

    // Putting one together.

    @Test
    void architecture_thatIsNotGiven_isFoundByTheReleasesEnd() {
        assertThat(KernelProfile.builder("6.12.107+deb13-toy").build().architecture())
                .isInstanceOf(ToyArchitecture.class);
        assertThat(KernelProfile.builder("5.14.0-427.el9_4.plaything").build().architecture())
                .isInstanceOf(ToyArchitecture.class);
        assertThatThrownBy(() -> KernelProfile.builder("6.12.0-nothing").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("architecture of 6.12.0-nothing unknown");
        assertThatIllegalArgumentException().isThrownBy(() -> KernelProfile.builder("nonsense"));
    }

    @Test
    void module_ofTheKernel_teachesVersionMagicSizeAndArchitecture() {
        KernelProfile profile = KernelProfile.builder("6.12.0-other")
                .vermagicOf(ModuleBuilder.module("any").build())
                .build();
        assertThat(profile.vermagic()).contains(ModuleBuilder.VERMAGIC);
        assertThat(profile.thisModuleSize()).hasValue(ModuleBuilder.THIS_MODULE_SIZE);
        assertThat(profile.architecture()).isInstanceOf(ToyArchitecture.class);
    }

    @Test
    void modversions_unlessTheConfigurationSays_followTheChecksums() {
        ModuleSymvers with = ModuleSymvers.parse(ModuleBuilder.symvers("printk"), "with");
        ModuleSymvers without = ModuleSymvers.parse(
                "0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n".getBytes(StandardCharsets.US_ASCII), "without");
        KernelProfile.Builder builder = KernelProfile.builder("6.12.0-toy");
        assertThat(builder.exports(with).build().hasModversions()).isTrue();
        assertThat(builder.exports(without).build().hasModversions()).isFalse();
        assertThat(builder.config("MODVERSIONS", "y").build().hasModversions()).isTrue();
        assertThat(builder.exports(with).config("MODVERSIONS", "n").build().hasModversions())
                .isFalse();
    }

    @Test
    void embeddedProfile_ofAnArchitectureWithout_isRefused() {
        IllegalArgumentException e = catchThrowableOfType(
                IllegalArgumentException.class, () -> KernelProfile.embedded(new ToyArchitecture()));
        assertThat(e).hasMessage("no profile comes with toy");
    }
}
