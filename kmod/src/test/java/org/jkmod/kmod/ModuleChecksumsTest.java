package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.elf.Elf.EM_X86_64;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_PROGBITS;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfWriter;
import org.junit.jupiter.api.Test;

/**
 * The files of {@code src/test/resources} are what {@code modprobe --show-exports} and {@code --show-modversions} of kmod 34.2 printed of
 * examples/modules/x86_64.
 */
class ModuleChecksumsTest {
    private static KernelObject example(String name) throws IOException {
        return KernelObject.read(Path.of("../examples/modules/x86_64", name));
    }

    private static String recorded(String name) throws IOException {
        try (InputStream in = ModuleChecksumsTest.class.getResourceAsStream("modprobe/" + name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String lines(List<ModuleChecksums.Checksum> checksums) {
        return checksums.stream().map(c -> c.line() + "\n").collect(Collectors.joining());
    }

    private static ElfWriter writer(ByteOrder order) {
        ElfWriter writer = new ElfWriter(ElfClass.ELFCLASS64, order, EM_X86_64);
        writer.addSymbol("plain", 0, 0, 0, 0xfff1);
        return writer;
    }

    private static KernelObject object(ElfWriter writer) {
        return KernelObject.unchecked(writer.toBytes(), "x.ko");
    }

    @Test
    void exports_ofAModule_areThoseOfKmod() throws IOException {
        assertThat(lines(ModuleChecksums.exports(example("jkmod_ring.ko"))))
                .isEqualTo(recorded("jkmod_ring.exports.txt"));
    }

    @Test
    void versions_ofAModule_areThoseOfKmod() throws IOException {
        assertThat(lines(ModuleChecksums.versions(example("jkmod_echo.ko")).orElseThrow()))
                .isEqualTo(recorded("jkmod_echo.versions.txt"));
    }

    @Test
    void versions_inTheExtendedForm_areReadToo() {
        ElfWriter writer = writer(ByteOrder.LITTLE_ENDIAN);
        writer.addSection(
                "__version_ext_crcs", SHT_PROGBITS, SHF_ALLOC, 4, new byte[] {1, 0, 0, 0, 2, 0, 0, (byte) 0xff});
        writer.addSection(
                "__version_ext_names",
                SHT_PROGBITS,
                SHF_ALLOC,
                1,
                "a_long_name\0b\0".getBytes(StandardCharsets.US_ASCII));
        assertThat(ModuleChecksums.versions(object(writer)))
                .contains(List.of(
                        new ModuleChecksums.Checksum("a_long_name", 1),
                        new ModuleChecksums.Checksum("b", 0xff000002L)));
    }

    @Test
    void module_withoutVersions_hasNone() {
        assertThat(ModuleChecksums.versions(object(writer(ByteOrder.LITTLE_ENDIAN))))
                .isEmpty();
    }

    @Test
    void exports_withoutChecksums_areTheNames() {
        ElfWriter writer = writer(ByteOrder.LITTLE_ENDIAN);
        writer.addSection(
                "__ksymtab_strings", SHT_PROGBITS, SHF_ALLOC, 1, "\0sc\0\0sd\0cut".getBytes(StandardCharsets.US_ASCII));
        assertThat(lines(ModuleChecksums.exports(object(writer)))).isEqualTo("0x00000000\tsc\n0x00000000\tsd\n");
    }

    @Test
    void exports_whoseChecksumsAreInASection_areReadFromThere() {
        ElfWriter writer = writer(ByteOrder.BIG_ENDIAN);
        int section = writer.addSection(
                "__kcrctab", SHT_PROGBITS, SHF_ALLOC, 4, new byte[] {0, 0, 0, 1, (byte) 0xab, 0, 0, 2});
        writer.addSymbol("__crc_b", 4, 0, 0, section);
        writer.addSymbol("__crc_a", 0, 0, 0, section);
        writer.addSymbol("__crc_c", 0x12345678, 0, 0, 0xfff1);
        assertThat(lines(ModuleChecksums.exports(object(writer))))
                .isEqualTo("0xab000002\tb\n0x00000001\ta\n0x12345678\tc\n");
    }
}
