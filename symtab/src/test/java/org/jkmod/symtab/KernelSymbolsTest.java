package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.ImageWriter.Export;
import org.jkmod.symtab.ImageWriter.Layout;
import org.jkmod.symtab.ImageWriter.Symbol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KernelSymbolsTest {
    private static final String LONG_NAME = "Tvery_" + "long_".repeat(60) + "name";

    private static List<Symbol> symbols(boolean perCpu) {
        List<Symbol> symbols = new ArrayList<>();
        if (perCpu) {
            symbols.add(new Symbol(0, "A__per_cpu_start"));
            symbols.add(new Symbol(0x1000, "Acpu_debug_store"));
        }
        symbols.add(new Symbol(ImageWriter.BASE, "T_text"));
        for (int i = 0; i < 600; i++) {
            symbols.add(new Symbol(ImageWriter.BASE + 0x40L * (i / 2), "tfunction_" + i));
        }
        symbols.add(new Symbol(ImageWriter.BASE + 0x10000, LONG_NAME));
        symbols.add(new Symbol(ImageWriter.BASE + 0x7fff_0000, "B_end"));
        return symbols;
    }

    private static List<Export> exports() {
        List<Export> exports = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            exports.add(new Export("export_" + i, 0x80000000 + i * 77, i % 3 == 0, i % 5 == 0 ? "SOME_SPACE" : ""));
        }
        return exports;
    }

    @ParameterizedTest
    @EnumSource
    void kallsyms_ofEachLayout_areWhatWasWritten(Layout layout) {
        List<Symbol> symbols = symbols(layout == Layout.V6_1_PER_CPU);
        byte[] image = new ImageWriter()
                .code(4004)
                .kallsyms(layout, symbols)
                .code(5000)
                .bytes();
        Kallsyms read = KernelSymbols.parse(image, "Image").kallsyms().orElseThrow();
        // What is linked from place to place does not say where it is.
        long shift = layout == Layout.V7_2 ? ImageWriter.BASE : 0;
        List<Symbol> found = new ArrayList<>();
        for (int i = 0; i < read.size(); i++) {
            found.add(new Symbol(read.address(i) + shift, read.type(i) + read.name(i)));
        }
        assertThat(found).isEqualTo(symbols);
    }

    @ParameterizedTest
    @CsvSource({
        "true, false, true",
        "true, false, false",
        "true, true, true",
        "true, true, false",
        "false, false, true",
        "false, true, true",
        "false, true, false"
    })
    void exports_ofEachForm_areWhatWasWritten(boolean relative, boolean flags, boolean crcs) {
        List<Export> exports = exports();
        byte[] image = new ImageWriter()
                .code(4000)
                .exports(exports, relative, flags, crcs)
                .code(100)
                .bytes();
        ModuleSymvers read = KernelSymbols.parse(image, "Image").exports().orElseThrow();
        assertThat(read.size()).isEqualTo(exports.size());
        for (Export export : exports) {
            int id = read.names().find(export.name());
            assertThat(new Export(read.name(id), read.crc(id), read.gplOnly(id), read.namespace(id)))
                    .isEqualTo(crcs ? export : new Export(export.name(), 0, export.gplOnly(), export.namespace()));
            assertThat(read.owner(id)).isEqualTo("vmlinux");
        }
    }

    @Test
    void parse_noTables_findsNone() {
        KernelSymbols none = KernelSymbols.parse(new ImageWriter().code(100_000).bytes(), "Image");
        assertThat(none.kallsyms()).isEmpty();
        assertThat(none.exports()).isEmpty();
        assertThat(KernelSymbols.parse(new byte[0], "empty").kallsyms()).isEmpty();
        assertThat(KernelSymbols.parse(new byte[100_000], "zeros").exports()).isEmpty();
    }

    @Test
    void kallsyms_descendingAddresses_areMalformed() {
        List<Symbol> symbols = symbols(false);
        symbols.set(100, new Symbol(ImageWriter.BASE + 0x20000, "tlost"));
        byte[] image =
                new ImageWriter().kallsyms(Layout.V6_12, symbols).code(64).bytes();
        assertThatThrownBy(() -> KernelSymbols.parse(image, "Image"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("Image: kallsyms_num_syms at 0x0: found no addresses that ascend");
    }

    @Test
    void kallsyms_nameWithoutType_isMalformed() {
        List<Symbol> symbols = symbols(false);
        symbols.set(7, new Symbol(symbols.get(7).address(), "t"));
        byte[] image =
                new ImageWriter().kallsyms(Layout.V6_12, symbols).code(64).bytes();
        assertThatThrownBy(() -> KernelSymbols.parse(image, "Image"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found a name of 1 characters, expected a type and a name");
    }

    @Test
    void kallsyms_nameThatGrows_isMalformed() {
        List<Symbol> symbols = symbols(false);
        symbols.set(9, new Symbol(symbols.get(9).address(), "t" + "x_".repeat(300)));
        byte[] image = new ImageWriter().kallsyms(Layout.V7_2, symbols).code(64).bytes();
        assertThatThrownBy(() -> KernelSymbols.parse(image, "Image"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found a longer name");
    }

    @Test
    void parse_brokenImages_areReadOrMalformed() {
        for (Layout layout : Layout.values()) {
            byte[] image = new ImageWriter()
                    .code(40)
                    .kallsyms(layout, symbols(layout == Layout.V6_1_PER_CPU))
                    .exports(exports(), layout != Layout.V6_1, layout == Layout.V7_2, true)
                    .bytes();
            Fuzzer.malformed(image, 300, bytes -> KernelSymbols.parse(bytes, "fuzz"));
        }
    }

    /** A million places that look like a token_index with its tokens, and then numbers that look like num_syms. */
    @Test
    @Timeout(20)
    void parse_manyPlacesThatLookLikeTables_endsSoon() {
        ByteBuffer image = ByteBuffer.allocate(16 << 20).order(ByteOrder.LITTLE_ENDIAN);
        while (image.remaining() >= 1536) {
            for (int token = 0; token < 256; token++) {
                image.put(new byte[] {'a', 'b', 'c', 0});
            }
            for (int token = 0; token < 256; token++) {
                image.putShort((short) (4 * token));
            }
        }
        while (image.remaining() >= Integer.BYTES) {
            image.putInt(1000);
        }
        assertThat(KernelSymbols.parse(image.array(), "Image").kallsyms()).isEmpty();
    }
}
