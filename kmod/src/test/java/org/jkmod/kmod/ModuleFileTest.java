package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

@Timeout(60)
class ModuleFileTest {
    private static final Path RING = Path.of("..", "examples", "modules", "x86_64", "jkmod_ring.ko");
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    /** A compression, by a library. */
    private enum Format {
        GZIP {
            @Override
            byte[] compress(byte[] bytes) throws IOException {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (OutputStream zip = new GZIPOutputStream(out)) {
                    zip.write(bytes);
                }
                return out.toByteArray();
            }
        },
        XZ {
            @Override
            byte[] compress(byte[] bytes) throws IOException {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (OutputStream zip = new XZOutputStream(out, new LZMA2Options(0))) {
                    zip.write(bytes);
                }
                return out.toByteArray();
            }
        },
        ZSTD {
            @Override
            byte[] compress(byte[] bytes) {
                return Zstd.compress(bytes);
            }
        };

        abstract byte[] compress(byte[] bytes) throws IOException;
    }

    private static Stream<DynamicTest> perFormat(ThrowingTest test) {
        return Stream.of(Format.values()).map(f -> DynamicTest.dynamicTest(f.name(), () -> test.run(f)));
    }

    private interface ThrowingTest {
        void run(Format format) throws Exception;
    }

    @Test
    void plainFile_ofAnyName_isReadAsItIs() throws IOException {
        byte[] ring = Files.readAllBytes(RING);
        assertThat(ModuleFile.read(RING)).isEqualTo(ring);
        Path named = Files.write(folder.resolve("plain.ko.zst"), ring);
        assertThat(ModuleFile.read(named)).as("its first bytes say what it is").isEqualTo(ring);
        assertThat(ModuleFile.decompress(ring, "x")).isSameAs(ring);
        assertThat(ModuleFile.read(Files.write(folder.resolve("empty.ko"), new byte[0])))
                .isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> compressedFile_ofAnyName_isDecompressed() {
        return perFormat(format -> {
            byte[] ring = Files.readAllBytes(RING);
            Path file = Files.write(folder.resolve("ring.ko"), format.compress(ring));
            assertThat(ModuleFile.read(file)).isEqualTo(ring);
            assertThat(ModuleFile.decompress(format.compress(new byte[0]), "x")).isEmpty();
        });
    }

    /** As distributions make them; with this machine's own programs. */
    @TestFactory
    Stream<DynamicTest> file_compressedByAProgram_isDecompressed() {
        return Stream.of(
                        List.of("gzip", "-n", "-9"),
                        List.of("xz", "--check=crc32", "--lzma2=dict=1MiB"),
                        List.of("xz", "-9e"),
                        List.of("zstd", "-q", "-19", "--rm"),
                        List.of("zstd", "-q", "--ultra", "-22", "--rm", "--no-check"))
                .map(command -> DynamicTest.dynamicTest(String.join(" ", command), () -> {
                    Path inner = Files.createTempDirectory(folder, "program");
                    Path file = Files.copy(RING, inner.resolve("ring.ko"));
                    run(command, file);
                    try (Stream<Path> made = Files.list(inner)) {
                        Path compressed = made.findFirst().orElseThrow();
                        assertThat(ModuleFile.SUFFIXES).anyMatch(compressed.toString()::endsWith);
                        assertThat(Files.size(compressed)).isLessThan(Files.size(RING));
                        assertThat(ModuleFile.read(compressed)).isEqualTo(Files.readAllBytes(RING));
                    }
                }));
    }

    private static void run(List<String> command, Path file) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(Stream.concat(command.stream(), Stream.of(file.toString()))
                            .toList())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            abort("SKIPPED: " + command.get(0) + " is not installed");
            return;
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }

    /** Streams, members, frames: each format allows several, one after the other. */
    @TestFactory
    Stream<DynamicTest> compressedFile_ofTwoParts_isBoth() {
        return perFormat(format -> {
            byte[] part = "one part ".getBytes(StandardCharsets.US_ASCII);
            byte[] whole = "one part one part ".getBytes(StandardCharsets.US_ASCII);
            assertThat(ModuleFile.decompress(repeat(format.compress(part), 2), "x"))
                    .isEqualTo(whole);
        });
    }

    private static byte[] repeat(byte[] bytes, int times) {
        byte[] all = new byte[bytes.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
        }
        return all;
    }

    // Hostile.

    @TestFactory
    Stream<DynamicTest> compressedFile_cutOffAnywhere_isMalformed() {
        return perFormat(format -> {
            byte[] whole = format.compress(Arrays.copyOf(Files.readAllBytes(RING), 3000));
            int magic = format == Format.GZIP ? 2 : format == Format.XZ ? 6 : 4;
            for (int length = magic; length < whole.length; length++) {
                byte[] part = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> ModuleFile.decompress(part, "cut.ko"))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedInputException.class)
                        .hasMessageStartingWith("cut.ko: " + format + " stream")
                        .hasMessageEndingWith("expected an undamaged file");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> compressedFile_withDamagedBytes_isMalformedOrRead() {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        return perFormat(format -> {
            Random random = new Random(seed);
            byte[] whole = format.compress(Files.readAllBytes(RING));
            int malformed = 0;
            for (int i = 0; i < 400; i++) {
                byte[] damaged = whole.clone();
                for (int n = random.nextInt(3); n >= 0; n--) {
                    int at = random.nextInt(random.nextBoolean() ? Math.min(40, whole.length) : whole.length);
                    damaged[at] = (byte) random.nextInt();
                }
                try {
                    ModuleFile.decompress(damaged, "damaged.ko");
                } catch (MalformedInputException e) {
                    malformed++;
                } catch (RuntimeException | OutOfMemoryError e) {
                    throw new AssertionError("seed " + seed + ", case " + i, e);
                }
            }
            assertThat(malformed).as("seed %d", seed).isGreaterThan(100);
        });
    }

    @Test
    void garbage_behindAMagicNumber_isMalformed() {
        for (byte[] magic :
                List.of(new byte[] {0x1f, (byte) 0x8b}, new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0}, new byte[] {
                    0x28, (byte) 0xb5, 0x2f, (byte) 0xfd
                })) {
            byte[] garbage = new byte[1000];
            new Random(1).nextBytes(garbage);
            System.arraycopy(magic, 0, garbage, 0, magic.length);
            assertThatThrownBy(() -> ModuleFile.decompress(garbage, "x")).isInstanceOf(MalformedInputException.class);
            assertThatThrownBy(() -> ModuleFile.decompress(magic, "x")).isInstanceOf(MalformedInputException.class);
        }
    }

    /** A gibibyte of zeros, in some hundred kilobytes: more than a module of that size could be. */
    @TestFactory
    Stream<DynamicTest> bomb_ofAGibibyte_isRefusedWithoutBeingDecompressed() throws IOException {
        byte[] zeros = new byte[64 * MIB];
        return perFormat(format -> {
            byte[] bomb = repeat(format.compress(zeros), 16);
            assertThat(bomb.length).isLessThan(2 * MIB);
            long limit = Math.min(128L * MIB, Math.max(64L * MIB, 256L * bomb.length));
            assertThatThrownBy(() -> ModuleFile.decompress(bomb, "bomb.ko"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessage("bomb.ko: size at 0x0: found more than " + limit
                            + " bytes, expected a module of at most so many");
        });
    }

    /** Debian's test_bpf is a hundred and ten times as large as its file: that is allowed, and twice that. */
    @Test
    void module_thatCompressesWell_isRead() throws IOException {
        byte[] large = new byte[60 * MIB];
        assertThat(ModuleFile.decompress(Format.ZSTD.compress(large), "x")).hasSize(large.length);
    }

    @Test
    void limit_ofACompressedFile_isInProportionAndBounded() {
        assertThat(ModuleFile.limit(0)).isEqualTo(64 * MIB);
        assertThat(ModuleFile.limit(MIB / 4)).isEqualTo(64 * MIB);
        assertThat(ModuleFile.limit(3 * MIB / 8)).isEqualTo(96 * MIB);
        assertThat(ModuleFile.limit(MIB)).isEqualTo(128 * MIB);
        assertThat(ModuleFile.limit(Integer.MAX_VALUE)).isEqualTo(128 * MIB);
    }

    @Test
    void file_thatIsNotThere_isAnIoException() {
        assertThatThrownBy(() -> ModuleFile.read(folder.resolve("nothing.ko"))).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> ModuleFile.read(folder)).isInstanceOf(IOException.class);
    }
}
