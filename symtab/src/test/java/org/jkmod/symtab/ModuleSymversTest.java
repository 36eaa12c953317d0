package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModuleSymversTest {
    private static final String EXPORT_TYPES = "one of EXPORT_SYMBOL, EXPORT_UNUSED_SYMBOL, EXPORT_SYMBOL_GPL_FUTURE,"
            + " EXPORT_SYMBOL_GPL, EXPORT_UNUSED_SYMBOL_GPL in field 4";
    private static final String FIELDS = "4 or 5 fields separated by tabs: CRC, name, module, export type, namespace";
    private static final String CRC = "a CRC of 0x and 1 to 8 hexadecimal digits in field 1";

    /** Lines of Debian's 6.1, 6.12 and 7.2. */
    private static final String GOOD = """
            0x4c9d28b0\tphys_base\tvmlinux\tEXPORT_SYMBOL\t
            0x815f2897\tempty_zero_page\tvmlinux\tEXPORT_SYMBOL\t
            0xf3a0d3f1\tusb_stor_suspend\tdrivers/usb/storage/usb-storage\tEXPORT_SYMBOL_GPL\tUSB_STORAGE
            0x888c5be5\tirq_bypass_register_consumer\tvirt/lib/irqbypass\tEXPORT_SYMBOL_GPL\t
            0x00000000\tkvm_x86_vendor_exit\tarch/x86/kvm/kvm\tEXPORT_SYMBOL_GPL\tmodule:kvm-amd,kvm-intel
            """;

    @Test
    void parse_linesOfModpost_readsEveryField() {
        ModuleSymvers symvers = parse(GOOD);
        assertThat(symvers.size()).isEqualTo(5);
        assertRow(symvers, 0, 0x4c9d28b0, "phys_base", "vmlinux", false, "");
        assertRow(symvers, 1, 0x815f2897, "empty_zero_page", "vmlinux", false, "");
        assertRow(symvers, 2, 0xf3a0d3f1, "usb_stor_suspend", "drivers/usb/storage/usb-storage", true, "USB_STORAGE");
        assertRow(symvers, 3, 0x888c5be5, "irq_bypass_register_consumer", "virt/lib/irqbypass", true, "");
        assertRow(symvers, 4, 0, "kvm_x86_vendor_exit", "arch/x86/kvm/kvm", true, "module:kvm-amd,kvm-intel");
        assertThat(symvers.owner(1)).isSameAs(symvers.owner(0));
        assertThat(symvers.hasCrcs()).isTrue();
    }

    @Test
    void parse_nameIds_areRowNumbers() {
        ModuleSymvers symvers = parse(GOOD);
        assertThat(symvers.names().size()).isEqualTo(5);
        assertThat(symvers.names().find("usb_stor_suspend")).isEqualTo(2);
        assertThat(symvers.names().find("vmlinux")).isEqualTo(-1);
        assertThat(symvers.names().nearest("usb_store_suspend", 1)).containsExactly("usb_stor_suspend");
    }

    @Test
    void parse_fourFields_hasNoNamespace() {
        ModuleSymvers symvers = parse("""
                0x2d036834\tscsi_remove_host\tdrivers/scsi/scsi_mod\tEXPORT_SYMBOL
                0xe1cc2a05\tusb_stor_suspend\tdrivers/usb/storage/usb-storage\tEXPORT_SYMBOL_GPL
                """);
        assertRow(symvers, 0, 0x2d036834, "scsi_remove_host", "drivers/scsi/scsi_mod", false, "");
        assertRow(symvers, 1, 0xe1cc2a05, "usb_stor_suspend", "drivers/usb/storage/usb-storage", true, "");
    }

    /** The example in Documentation/kbuild/modules.rst of 5.4. */
    @Test
    void parse_namespaceThirdAsIn54_readsEveryField() {
        ModuleSymvers symvers = parse("""
                0xe1cc2a05\tusb_stor_suspend\tUSB_STORAGE\tdrivers/usb/storage/usb-storage\tEXPORT_SYMBOL_GPL
                0x2d036834\tscsi_remove_host\t\tdrivers/scsi/scsi_mod\tEXPORT_SYMBOL
                """);
        assertRow(symvers, 0, 0xe1cc2a05, "usb_stor_suspend", "drivers/usb/storage/usb-storage", true, "USB_STORAGE");
        assertRow(symvers, 1, 0x2d036834, "scsi_remove_host", "drivers/scsi/scsi_mod", false, "");
    }

    @Test
    void parse_exportTypesBefore512_tellsWhichAreGplOnly() {
        ModuleSymvers symvers = parse("""
                0x00000001\ta\tvmlinux\tEXPORT_UNUSED_SYMBOL
                0x00000002\tb\tvmlinux\tEXPORT_UNUSED_SYMBOL_GPL
                0x00000003\tc\tvmlinux\tEXPORT_SYMBOL_GPL_FUTURE
                """);
        assertThat(symvers.gplOnly(0)).isFalse();
        assertThat(symvers.gplOnly(1)).isTrue();
        assertThat(symvers.gplOnly(2)).isFalse();
    }

    @Test
    void parse_noNewlineAtTheEnd_readsTheLastLine() {
        assertRow(parse("0x1\ta\tm\tEXPORT_SYMBOL\tNS"), 0, 1, "a", "m", false, "NS");
        assertRow(parse("0x1\ta\tm\tEXPORT_SYMBOL\t"), 0, 1, "a", "m", false, "");
        assertRow(parse("0x1\ta\tm\tEXPORT_SYMBOL"), 0, 1, "a", "m", false, "");
    }

    @Test
    void parse_emptyFile_hasNoExports() {
        ModuleSymvers symvers = parse("");
        assertThat(symvers.size()).isZero();
        assertThat(symvers.hasCrcs()).isFalse();
        assertThat(symvers.names().find("printk")).isEqualTo(-1);
    }

    @Test
    void parse_shortestLines_haveRoom() {
        StringBuilder text = new StringBuilder();
        for (char name = '!'; name <= '~'; name++) {
            text.append("0x0\t").append(name).append("\tm\tEXPORT_SYMBOL\n");
        }
        ModuleSymvers symvers = parse(text.toString());
        assertThat(symvers.size()).isEqualTo(94);
        assertRow(symvers, 93, 0, "~", "m", false, "");
    }

    @Test
    void parse_crcOfFewerOrUpperCaseDigits_reads() {
        ModuleSymvers symvers = parse("0xAbCdEf\ta\tm\tEXPORT_SYMBOL\n0xffffffff\tb\tm\tEXPORT_SYMBOL\n");
        assertThat(symvers.crc(0)).isEqualTo(0xabcdef);
        assertThat(symvers.crc(1)).isEqualTo(-1);
    }

    @Test
    void hasCrcs_allZero_false() {
        assertThat(parse("0x00000000\ta\tm\tEXPORT_SYMBOL\t\n0x00000000\tb\tm\tEXPORT_SYMBOL\t\n")
                        .hasCrcs())
                .isFalse();
    }

    @Test
    void parse_bytesChangeAfterwards_valueDoesNot() {
        byte[] bytes = GOOD.getBytes(ISO_8859_1);
        ModuleSymvers symvers = ModuleSymvers.parse(bytes, "Module.symvers");
        Arrays.fill(bytes, (byte) 0);
        assertRow(symvers, 2, 0xf3a0d3f1, "usb_stor_suspend", "drivers/usb/storage/usb-storage", true, "USB_STORAGE");
    }

    @Test
    void accessors_rowOutOfRange_throw() {
        ModuleSymvers symvers = parse(GOOD);
        for (int row : new int[] {-1, 5}) {
            assertThatThrownBy(() -> symvers.name(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symvers.crc(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symvers.owner(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symvers.gplOnly(row)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symvers.namespace(row)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    record Case(String text, int line, String found, String expected) {}

    static Stream<Case> malformed() {
        String ok = "0x00000001\tok\tvmlinux\tEXPORT_SYMBOL\t\n";
        return Stream.of(
                new Case("\n", 1, "\"\"", FIELDS),
                new Case(ok + "\n" + ok, 2, "\"\"", FIELDS),
                new Case("# comment\n", 1, "\"# comment\"", FIELDS),
                new Case("0x1\ta\tm\n", 1, "\"0x1\\ta\\tm\"", FIELDS),
                new Case("0x1 a m EXPORT_SYMBOL\n", 1, "\"0x1 a m EXPORT_SYMBOL\"", FIELDS),
                new Case(ok + "0x1\ta\tm\tEXPORT_SYMBOL\tNS\t\n", 2, "\"0x1\\ta\\tm\\tEXPORT_SYMBOL\\tNS\\t\"", FIELDS),
                new Case("0x1\ta\tm\tEXPORT\n", 1, "\"0x1\\ta\\tm\\tEXPORT\"", EXPORT_TYPES),
                new Case("0x1\ta\tm\tEXPORT_SYMBOL_GP\tNS", 1, "\"0x1\\ta\\tm\\tEXPORT_SYMBOL_GP\\tNS\"", EXPORT_TYPES),
                new Case("0x1\ta\tm\t(unknown)\t\n", 1, "\"0x1\\ta\\tm\\t(unknown)\\t\"", EXPORT_TYPES),
                new Case("x1\ta\tm\tEXPORT_SYMBOL\n", 1, "\"x1\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case("0x\ta\tm\tEXPORT_SYMBOL\n", 1, "\"0x\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case("0X1\ta\tm\tEXPORT_SYMBOL\n", 1, "\"0X1\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case("0x123456789\ta\tm\tEXPORT_SYMBOL\n", 1, "\"0x123456789\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case("0x12g\ta\tm\tEXPORT_SYMBOL\n", 1, "\"0x12g\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case("\ta\tm\tEXPORT_SYMBOL\n", 1, "\"\\ta\\tm\\tEXPORT_SYMBOL\"", CRC),
                new Case(
                        "0x1\t\tm\tEXPORT_SYMBOL\n",
                        1,
                        "\"0x1\\t\\tm\\tEXPORT_SYMBOL\"",
                        "a name and a module that are not empty"),
                new Case(
                        "0x1\ta\t\tEXPORT_SYMBOL\tNS\n",
                        1,
                        "\"0x1\\ta\\t\\tEXPORT_SYMBOL\\tNS\"",
                        "a name and a module that are not empty"),
                new Case(
                        ok + "0x1\ta\tm\tEXPORT_SYMBOL\t\r\n",
                        2,
                        "\"0x1\\ta\\tm\\tEXPORT_SYMBOL\\t\\x0d\"",
                        "a line without control characters"),
                new Case(
                        "0x1\ta\0\tm\tEXPORT_SYMBOL\t\n",
                        1,
                        "\"0x1\\ta\\x00\\tm\\tEXPORT_SYMBOL\\t\"",
                        "a line without control characters"),
                new Case(
                        "0x1\tother\tm\tEXPORT_SYMBOL\t\n" + ok + ok.replace("vmlinux", "m"),
                        3,
                        "\"ok\" for the second time, after line 2",
                        "every name once"),
                new Case("\u00FF".repeat(200) + "\n", 1, "\"" + "\\xff".repeat(120) + "\"... of 200 bytes", FIELDS));
    }

    @ParameterizedTest
    @MethodSource
    void malformed(Case wrong) {
        MalformedInputException e = catchThrowableOfType(MalformedInputException.class, () -> parse(wrong.text()));
        assertThat(e).as("exception for %s", wrong).isNotNull();
        assertThat(e.file()).isEqualTo("Module.symvers");
        assertThat(e.place()).isEqualTo("line");
        assertThat(e.offset()).isEqualTo(wrong.line());
        assertThat(e.found()).isEqualTo(wrong.found());
        assertThat(e.expected()).isEqualTo(wrong.expected());
    }

    @Test
    void parse_brokenFiles_resultOrMalformed() {
        Fuzzer.fuzz(GOOD.getBytes(ISO_8859_1), 50_000, bytes -> {
            ModuleSymvers symvers = ModuleSymvers.parse(bytes, "fuzzed");
            for (int row = 0; row < symvers.size(); row++) {
                assertThat(symvers.name(row)).isNotEmpty();
                assertThat(symvers.owner(row)).isNotEmpty();
                assertThat(symvers.namespace(row)).doesNotContain("\t", "\n");
                assertThat(symvers.names().find(symvers.name(row))).isEqualTo(row);
            }
        });
    }

    @Test
    void read_file_sameAsItsBytes(@TempDir Path dir) throws IOException {
        Path file = Files.write(dir.resolve("Module.symvers"), GOOD.getBytes(ISO_8859_1));
        assertRow(
                ModuleSymvers.read(file),
                3,
                0x888c5be5,
                "irq_bypass_register_consumer",
                "virt/lib/irqbypass",
                true,
                "");
        Files.write(file, "oops\n".getBytes(ISO_8859_1));
        assertThatThrownBy(() -> ModuleSymvers.read(file))
                .isInstanceOfSatisfying(
                        MalformedInputException.class, e -> assertThat(e.file()).isEqualTo(file.toString()));
        assertThatThrownBy(() -> ModuleSymvers.read(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void read_realFiles_agreesWithSplittingTheirLines() throws IOException {
        for (Path file : RealFiles.moduleSymvers()) {
            ModuleSymvers symvers = ModuleSymvers.read(file);
            List<String> lines = Files.readAllLines(file, ISO_8859_1);
            assertThat(symvers.size()).as("%s", file).isEqualTo(lines.size()).isGreaterThan(10_000);
            boolean crcs = false;
            for (int row = 0; row < lines.size(); row++) {
                String[] fields = lines.get(row).split("\t", -1);
                int crc = Integer.parseUnsignedInt(fields[0].substring(2), 16);
                crcs |= crc != 0;
                assertRow(symvers, row, crc, fields[1], fields[2], fields[3].equals("EXPORT_SYMBOL_GPL"), fields[4]);
                assertThat(symvers.names().find(fields[1])).isEqualTo(row);
            }
            assertThat(symvers.hasCrcs()).as("%s", file).isEqualTo(crcs);
        }
    }

    /** What grep says of these files. */
    @Test
    void read_realFiles_haveWhatTheyAreKnownToHave() throws IOException {
        Map<String, Integer> sizes = new HashMap<>();
        for (Path file : RealFiles.moduleSymvers()) {
            ModuleSymvers symvers = ModuleSymvers.read(file);
            String release = file.getParent().getFileName().toString().substring("linux-headers-".length());
            sizes.put(release, symvers.size());
            if (release.equals("6.1.0-50-amd64")) {
                assertRow(symvers, 0, 0x4c9d28b0, "phys_base", "vmlinux", false, "");
                assertThat(symvers.size()).isEqualTo(24_622);
                assertThat(symvers.hasCrcs()).isTrue();
            } else if (release.equals("7.2.13+deb14-amd64")) {
                assertThat(symvers.size()).isEqualTo(29_242);
                assertThat(symvers.hasCrcs()).isFalse();
            }
        }
        assertThat(sizes).isNotEmpty();
    }

    private static void assertRow(
            ModuleSymvers symvers, int row, int crc, String name, String owner, boolean gplOnly, String namespace) {
        assertThat(symvers.crc(row)).isEqualTo(crc);
        assertThat(symvers.name(row)).isEqualTo(name);
        assertThat(symvers.owner(row)).isEqualTo(owner);
        assertThat(symvers.gplOnly(row)).isEqualTo(gplOnly);
        assertThat(symvers.namespace(row)).isEqualTo(namespace);
    }

    private static ModuleSymvers parse(String text) {
        return ModuleSymvers.parse(text.getBytes(ISO_8859_1), "Module.symvers");
    }
}
