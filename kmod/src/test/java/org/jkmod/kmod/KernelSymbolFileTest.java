package org.jkmod.kmod;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.KernelSymbolFile.Kind;
import org.jkmod.symtab.Glob;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelSymbolFileTest {
    private static final String KALLSYMS = """
            ffffffff81000000 T _stext
            ffffffff81000040 t usb_one
            ffffffff81000080 T _end
            ffffffffc0000000 t usb_two	[mod]
            """;
    private static final String SYMVERS =
            "0x12345678\tusb_one\tvmlinux\tEXPORT_SYMBOL_GPL\tUSB\n0x00000001\tpci_one\tvmlinux\tEXPORT_SYMBOL\t\n";

    @TempDir
    private Path folder;

    private KernelSymbolFile read(byte[] bytes) throws IOException {
        return KernelSymbolFile.read(Files.write(folder.resolve("file"), bytes));
    }

    private KernelSymbolFile read(String text) throws IOException {
        return read(text.getBytes(ISO_8859_1));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(ISO_8859_1));
        }
        return bytes.toByteArray();
    }

    private static List<String> symbols(KernelSymbolFile file, Optional<String> pattern) {
        List<String> lines = new ArrayList<>();
        new SymbolListing(file, pattern.map(Glob::of))
                .forEachSymbol((address, type, name, module) ->
                        lines.add(Long.toHexString(address) + " " + type + " " + name + " " + module));
        return lines;
    }

    @Test
    void kallsyms_plainOrCompressed_isKnownByItsFirstLine() throws IOException {
        for (byte[] bytes :
                List.of(KALLSYMS.getBytes(ISO_8859_1), gzip(KALLSYMS), Zstd.compress(KALLSYMS.getBytes(ISO_8859_1)))) {
            KernelSymbolFile file = read(bytes);
            assertThat(file.kind()).isEqualTo(Kind.KALLSYMS);
            assertThat(file.hasSymbols()).isTrue();
            assertThat(file.exports()).isEmpty();
            assertThat(symbols(file, Optional.of("usb_*")))
                    .containsExactly("ffffffff81000040 t usb_one ", "ffffffffc0000000 t usb_two mod");
            assertThat(file.addresses().symbolAt(0xffffffff81000044L)).hasToString("Optional[usb_one+0x4/0x40]");
        }
    }

    @Test
    void savedTable_ofAList_hasItsSymbols() throws IOException {
        Path saved = folder.resolve("saved");
        read(KALLSYMS).toTable().write(saved);
        KernelSymbolFile file = KernelSymbolFile.read(saved);
        assertThat(file.kind()).isEqualTo(Kind.SYMBOL_TABLE);
        assertThat(symbols(file, Optional.empty())).isEqualTo(symbols(read(KALLSYMS), Optional.empty()));
        assertThat(file.toTable().size()).isEqualTo(4);
        assertThat(file.addresses().symbolAt(0xffffffffc0000004L)).hasToString("Optional[usb_two+0x4/0x1000 [mod]]");
    }

    @Test
    void moduleSymvers_plainOrCompressed_hasExportsOnly() throws IOException {
        for (byte[] bytes : List.of(SYMVERS.getBytes(ISO_8859_1), gzip(SYMVERS))) {
            KernelSymbolFile file = read(bytes);
            assertThat(file.kind()).isEqualTo(Kind.MODULE_SYMVERS);
            assertThat(file.hasSymbols()).isFalse();
            List<String> names = new ArrayList<>();
            new SymbolListing(file, Optional.of(Glob.of("[p-u]*_one")))
                    .forEachExport((exports, export) -> names.add(exports.name(export) + exports.gplOnly(export)));
            assertThat(names).containsExactly("usb_onetrue", "pci_onefalse");
            assertThatThrownBy(file::toTable)
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageEndingWith("found a Module.symvers without any, expected addresses");
            assertThatThrownBy(file::addresses).isInstanceOf(MalformedInputException.class);
        }
    }

    @Test
    void image_withoutTables_hasABannerAndNoSymbols() throws IOException {
        String image = "\0".repeat(4096) + "Linux version 6.12.1-test (build@host)\n" + "\0".repeat(4096);
        for (byte[] bytes : List.of(image.getBytes(ISO_8859_1), gzip(image))) {
            KernelSymbolFile file = read(bytes);
            assertThat(file.kind()).isEqualTo(Kind.IMAGE);
            assertThat(file.image().orElseThrow().release()).isEqualTo("6.12.1-test");
            assertThat(file.hasSymbols()).isFalse();
            assertThat(file.exports()).isEmpty();
        }
    }

    @Test
    void list_readWithoutPrivilege_hasNoAddresses() throws IOException {
        KernelSymbolFile file = read("0000000000000000 T _stext\n0000000000000000 T _end\n");
        assertThat(symbols(file, Optional.empty())).hasSize(2);
        assertThatThrownBy(file::addresses)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("shows to root only");
    }

    @Test
    void file_ofNoKind_isMalformedAndNamed() throws IOException {
        assertThatThrownBy(() -> read("")).hasMessageContaining("file: size").hasMessageContaining("found 0 bytes");
        assertThatThrownBy(() -> read("hello\n")).isInstanceOf(MalformedInputException.class);
        assertThatThrownBy(() -> read("ffffffff81000000 T _stext\nhello\n")).hasMessageContaining("line 2");
        assertThatThrownBy(() -> read("jkmodsym")).isInstanceOf(MalformedInputException.class);
        byte[] cut = gzip(KALLSYMS.repeat(100));
        assertThatThrownBy(() -> read(Arrays.copyOf(cut, cut.length / 2))).isInstanceOf(MalformedInputException.class);
        assertThatThrownBy(() -> KernelSymbolFile.read(folder.resolve("nothing")))
                .isInstanceOf(NoSuchFileException.class);
    }
}
