package org.jkmod.symtab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000})
    void read_anySizeUpToTheLimit_givesTheBytes(int size, @TempDir Path dir) throws IOException {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) ('a' + i % 26);
        }
        bytes[size - 1] = '\n';
        Path file = Files.write(dir.resolve("file"), bytes);
        assertThat(TextFile.read(file, 300_000).bytes()).isEqualTo(bytes);
    }

    @Test
    void read_emptyFile_hasNoLine(@TempDir Path dir) throws IOException {
        assertThat(TextFile.read(Files.createFile(dir.resolve("file"))).bytes()).isEmpty();
    }

    @Test
    void read_moreThanTheLimit_isMalformed(@TempDir Path dir) throws IOException {
        Path file = Files.write(dir.resolve("file"), new byte[1001]);
        assertThat(TextFile.read(file, 1001).bytes()).hasSize(1002);
        assertThatThrownBy(() -> TextFile.read(file, 1000)).isInstanceOfSatisfying(MalformedInputException.class, e -> {
            assertThat(e.file()).isEqualTo(file.toString());
            assertThat(e.place()).isEqualTo("size");
            assertThat(e.found()).isEqualTo("more than 1000 bytes");
            assertThat(e.expected()).isEqualTo("a list of symbols");
        });
    }

    @Test
    void read_fileWithoutEnd_isNotOpened() {
        Path zero = Path.of("/dev/zero");
        Assumptions.assumeTrue(Files.isReadable(zero), "SKIPPED: no " + zero);
        assertThatThrownBy(() -> TextFile.read(zero, 1_000_000))
                .isInstanceOf(FileSystemException.class)
                .hasMessage("/dev/zero: Not a regular file");
    }

    @Test
    void bytes_noNewlineAtTheEnd_getOne() {
        assertThat(new TextFile("a\nb".getBytes(ISO_8859_1), "file").bytes()).isEqualTo("a\nb\n".getBytes(ISO_8859_1));
        assertThat(new TextFile(new byte[0], "file").bytes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'', 5, 0", "'a,b,c,', 1, 3", "'a,b,c', 1, 3", "',,,,,,,,', 4, 3", "abcdefgh, 1, 1"})
    void maxRows_lines_countsThemUpToWhatFits(String text, int minimum, int rows) {
        byte[] bytes = text.replace(',', '\n').getBytes(ISO_8859_1);
        assertThat(new TextFile(bytes, "file").maxRows(minimum)).isEqualTo(rows);
    }

    @Test
    void quote_anyBytes_printsThem() {
        byte[] bytes = {'a', '\t', '"', '\\', 0, 0x1F, ' ', '~', 0x7F, (byte) 0x80, (byte) 0xFF, 'b'};
        assertThat(TextFile.quote(bytes, 0, 11)).isEqualTo("\"a\\t\\\"\\\\\\x00\\x1f ~\\x7f\\x80\\xff\"");
        byte[] many = new byte[121];
        Arrays.fill(many, (byte) 'x');
        assertThat(TextFile.quote(many, 1, 121)).isEqualTo("\"" + "x".repeat(120) + "\"");
        assertThat(TextFile.quote(many, 0, 121)).isEqualTo("\"" + "x".repeat(120) + "\"... of 121 bytes");
    }

    @Test
    void hexDigit_everyByte_agreesWithTheJdk() {
        for (int b = 0; b < 256; b++) {
            int expected = b < 128 ? Character.digit((char) b, 16) : -1;
            assertThat(TextFile.hexDigit((byte) b)).as("%s", b).isEqualTo(expected);
        }
    }
}
