package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * {@code sections.vmlinux} was made with binutils 2.40, and {@code sections.nm} is what nm says of it:
 *
 * <pre>
 * as --64 -o sections.o sections.s
 * ld -static --no-dynamic-linker -z max-page-size=16 -T sections.lds -o sections.vmlinux sections.o
 * nm -n sections.vmlinux > sections.nm
 * </pre>
 */
class ElfKallsymsTest {
    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(ElfKallsymsTest.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Kallsyms parse(byte[] vmlinux) {
        return KernelSymbols.parse(vmlinux, "vmlinux").kallsyms().orElseThrow();
    }

    private static List<String> lines(Kallsyms symbols) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < symbols.size(); i++) {
            lines.add(String.format("%016x %c %s", symbols.address(i), symbols.type(i), symbols.name(i)));
        }
        return lines;
    }

    @Test
    void kallsyms_ofAVmlinuxWithSymtab_areWhatNmSaysLessWhatKallsymsLeavesOut() {
        List<String> ours = lines(parse(resource("sections.vmlinux")));
        List<String> nms = new String(resource("sections.nm"), StandardCharsets.US_ASCII)
                .lines()
                // absolute, not in memory, debugging, unique
                .filter(line -> "AaNnu".indexOf(line.charAt(17)) < 0)
                // scripts/kallsyms.c, for per-CPU symbols at 0
                .map(line -> line.contains("percpu") ? line.substring(0, 17) + "A" + line.substring(18) : line)
                .toList();
        assertThat(nms).hasSizeGreaterThan(20);
        assertThat(ours).containsExactlyInAnyOrderElementsOf(nms);
        assertThat(ours).isSortedAccordingTo(Comparator.comparing(line -> line.substring(0, 16)));
    }

    @Test
    void kallsyms_aliases_areInTheKernelsOrder() {
        assertThat(lines(parse(resource("sections.vmlinux"))))
                .filteredOn(line -> line.startsWith("ffffffff81000002") || line.startsWith("ffffffff81000000"))
                .extracting(line -> line.substring(17))
                .containsExactly("T function", "T _text", "T alias_b", "T _alias_a", "T __start_alias", "W alias_weak");
    }

    /** What running kernels show, in the order of their own build. */
    @TestFactory
    Stream<DynamicTest> order_aliasesOfRunningKernels_isTheirs() throws IOException {
        return RealFiles.wholeKallsyms().stream()
                .map(file -> DynamicTest.dynamicTest(file.toString(), () -> checkAliases(file)));
    }

    private static void checkAliases(Path file) throws IOException {
        Kallsyms symbols;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            symbols = Kallsyms.parse(in.readAllBytes(), file.toString());
        }
        int aliases = 0;
        for (int i = 1; i < symbols.size() && symbols.module(i).isEmpty(); i++) {
            if (symbols.address(i) == symbols.address(i - 1) && symbols.type(i) != 'A' && symbols.type(i - 1) != 'A') {
                String pair = symbols.name(i - 1) + ", " + symbols.name(i);
                int before = order(symbols, i - 1);
                int after = order(symbols, i);
                assertThat(before).as(pair).isLessThanOrEqualTo(after);
                if (before == after) {
                    assertThat(symbols.name(i - 1)).as(pair).isLessThanOrEqualTo(symbols.name(i));
                }
                aliases++;
            }
        }
        assertThat(aliases).isGreaterThan(50);
    }

    private static int order(Kallsyms symbols, int i) {
        byte[] name = symbols.name(i).getBytes(StandardCharsets.ISO_8859_1);
        return ElfKallsyms.order(name, 0, name.length) + (symbols.type(i) == 'W' ? 1 << 16 : 0);
    }

    @Test
    void kallsyms_sectionThatIsNotThere_isSaid() {
        byte[] vmlinux = resource("sections.vmlinux");
        Section symtab =
                ElfFile.parse(vmlinux, "vmlinux").symbols().orElseThrow().section();
        ByteBuffer.wrap(vmlinux).order(ByteOrder.LITTLE_ENDIAN).putShort(symtab.start() + 2 * 24 + 6, (short) 99);
        assertThatThrownBy(() -> parse(vmlinux))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("symbol 2 st_shndx")
                .hasMessageContaining("found section 99");
    }

    @Test
    void kallsyms_nameOutsideOfItsTable_isSaid() {
        byte[] vmlinux = resource("sections.vmlinux");
        Section symtab =
                ElfFile.parse(vmlinux, "vmlinux").symbols().orElseThrow().section();
        ByteBuffer.wrap(vmlinux).order(ByteOrder.LITTLE_ENDIAN).putInt(symtab.start() + 5 * 24, -1);
        assertThatThrownBy(() -> parse(vmlinux))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("symbol 5 st_name")
                .hasMessageContaining("found no string at 4294967295");
    }

    @Test
    void kallsyms_brokenVmlinux_isMalformedOrRead() {
        int malformed = Fuzzer.malformed(resource("sections.vmlinux"), 20_000, bytes -> {
            KernelSymbols symbols = KernelSymbols.parse(bytes, "fuzz");
            symbols.kallsyms().ifPresent(kallsyms -> SymbolTable.of(kallsyms).forEachWithPrefix("", position -> {}));
        });
        assertThat(malformed).isBetween(100, 19_999);
    }
}
