package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class InputFileTest {
    @TempDir
    private Path folder;

    @Test
    void read_ofFilesUpToTheLimit_hasAllBytes() throws IOException {
        for (int size : new int[] {0, 1, 8191, 8192, 8193, 100_000}) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            Path file = Files.write(folder.resolve("f" + size), bytes);
            assertThat(InputFile.read(file, size, "it")).isEqualTo(bytes);
            assertThat(InputFile.read(file, 1 << 20, "it")).isEqualTo(bytes);
            if (size > 0) {
                assertThatThrownBy(() -> InputFile.read(file, size - 1, "a thing"))
                        .isInstanceOf(MalformedInputException.class)
                        .hasMessage(file + ": size at 0x0: found more than " + (size - 1) + " bytes, expected a thing");
            }
        }
    }

    @Test
    void readRegular_intoRoomForMore_usesItAndHasAllBytes() throws IOException {
        byte[] room = new byte[300_000];
        for (int size : new int[] {0, 1, 100_000, 131_072, 131_073, 299_999, 300_000}) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            Path file = Files.write(folder.resolve("f" + size), bytes);
            InputFile.Contents contents = InputFile.readRegular(file, wanted -> room, 300_000, "it");
            assertThat(contents.bytes()).isSameAs(room);
            assertThat(contents.size()).isEqualTo(size);
            assertThat(Arrays.copyOf(room, size)).isEqualTo(bytes);
        }
        assertThatThrownBy(() -> InputFile.readRegular(Path.of("/dev/null"), byte[]::new, 1, "it"))
                .isInstanceOf(FileSystemException.class)
                .hasMessage("/dev/null: Not a regular file");
        assertThatThrownBy(() -> InputFile.readRegular(folder, byte[]::new, 1, "it"))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": Is a directory");
    }

    @Test
    void read_ofAHugeFile_readsNothing() throws IOException {
        Path file = folder.resolve("sparse");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertThatThrownBy(() -> InputFile.read(file, 1 << 20, "a thing")).isInstanceOf(MalformedInputException.class);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void read_ofPipesAndDevices_isRefused() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/zero"));
        for (Path file : new Path[] {pipe, link, Path.of("/dev/zero")}) {
            assertThatThrownBy(() -> InputFile.read(file, 1 << 20, "a thing"))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessage(file + ": Not a regular file");
        }
        // How a file of a configuration is hidden.
        Path hidden = Files.createSymbolicLink(folder.resolve("hidden"), Path.of("/dev/null"));
        assertThat(InputFile.read(hidden, 1 << 20, "a thing")).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void read_ofWhatKnowsNoSize_hasAllBytes() throws IOException {
        assertThat(InputFile.read(Path.of("/proc/self/stat"), 1 << 20, "a thing"))
                .isNotEmpty();
    }

    @Test
    void read_ofAMissingFile_isAnIoException() {
        assertThatThrownBy(() -> InputFile.read(folder.resolve("none"), 1, "it"))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void read_ofAFolder_saysWhich() {
        assertThatThrownBy(() -> InputFile.read(folder, 1, "it"))
                .isInstanceOf(IOException.class)
                .hasMessage(folder + ": Is a directory");
    }
}
