package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.jkmod.core.TrustedKeys;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZOutputStream;

@Timeout(60)
class KernelImageTest {
    private static final Path CERTIFICATES =
            Path.of("..", "core", "src", "test", "resources", "org", "jkmod", "core", "signatures");
    private static final String BANNER = "Linux version 6.12.1-test+1 (build@host) (gcc 14) #1 SMP";
    /** The kernel's build appends the size of what it compressed. */
    private static final byte[] SIZE = {1, 2, 3, 4};

    @TempDir
    private Path folder;

    private static byte[] certificate(String name) throws IOException {
        return Files.readAllBytes(CERTIFICATES.resolve(name + ".der"));
    }

    private static byte[] join(byte[]... pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            out.writeBytes(piece);
        }
        return out.toByteArray();
    }

    private static byte[] u64(long... values) {
        ByteBuffer b = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(b::putLong);
        return b.array();
    }

    private static byte[] aligned(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8);
    }

    /** Something like a kernel: noise, the banner, other certificates, the list. */
    private static byte[] kernel(byte[] list, byte[] extra, long size, long ofSigner) throws IOException {
        byte[] noise = new byte[4096];
        new Random(7).nextBytes(noise);
        byte[] banner = aligned(("%s version %s Linux version %s\0Linux version 6.12 (a@b) # SMP\n\0" + BANNER + "\n\0")
                .getBytes(StandardCharsets.US_ASCII));
        return join(noise, banner, aligned(certificate("p521")), aligned(list), extra, u64(size, ofSigner), noise);
    }

    private static byte[] kernel() throws IOException {
        byte[] list = join(certificate("rsa"), certificate("p384"));
        return kernel(list, new byte[0], list.length, certificate("rsa").length);
    }

    private static TrustedKeys keys(String... names) throws IOException {
        byte[][] all = new byte[names.length][];
        for (int i = 0; i < names.length; i++) {
            all[i] = certificate(names[i]);
        }
        return TrustedKeys.of(List.of(all), "expected");
    }

    private static void checkWhole(byte[] image) throws IOException {
        KernelImage read = KernelImage.parse(image, "image");
        assertThat(read.banner()).isEqualTo(BANNER);
        assertThat(read.release()).isEqualTo("6.12.1-test+1");
        assertThat(read.certificates()).contains(keys("rsa", "p384"));
    }

    // Ways to wrap a kernel.

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] xz(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream zip = new XZOutputStream(out, new LZMA2Options(0))) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] bzImage(byte[] payload, int sectors) {
        byte[] setup = new byte[(sectors == 0 ? 5 : sectors + 1) * 512];
        ByteBuffer.wrap(setup)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(0x1f1, (byte) sectors)
                .putShort(0x1fe, (short) 0xaa55)
                .putInt(0x202, 0x53726448)
                .putShort(0x206, (short) 0x20f)
                .putInt(0x248, 16)
                .putInt(0x24c, payload.length);
        return join(setup, new byte[16], payload, new byte[64]);
    }

    private static byte[] zboot(byte[] payload) {
        byte[] head = new byte[128];
        ByteBuffer.wrap(head)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, 0x5a4d)
                .putInt(4, 0x676d697a)
                .putInt(8, head.length)
                .putInt(12, payload.length);
        return join(head, payload, SIZE);
    }

    private static DynamicTest whole(String how, byte[] image) {
        return DynamicTest.dynamicTest(how, () -> checkWhole(image));
    }

    @TestFactory
    Stream<DynamicTest> image_anyForm_showsBannerAndCertificates() throws IOException {
        byte[] kernel = kernel();
        return Stream.of(
                whole("Image", kernel),
                whole("Image.gz", gzip(kernel)),
                whole("bzImage, gzip", bzImage(gzip(kernel), 30)),
                whole("bzImage, old number of sectors", bzImage(gzip(kernel), 0)),
                whole("bzImage, xz", bzImage(join(xz(kernel), SIZE), 30)),
                whole("bzImage, zstd", bzImage(join(Zstd.compress(kernel), SIZE), 30)),
                whole("bzImage, not compressed", bzImage(kernel, 30)),
                whole("gzip of a bzImage", gzip(bzImage(gzip(kernel), 30))),
                whole("zboot, gzip", zboot(gzip(kernel))),
                whole("zboot, zstd", zboot(Zstd.compress(kernel))));
    }

    /** An Image that firmware takes for a program: its first bytes are instructions, too (Documentation/arch/arm64/booting.rst). */
    private static byte[] efiImage(String magic, byte[] kernel) {
        byte[] head = new byte[256];
        ByteBuffer.wrap(head)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, 0xfa405a4d)
                .putInt(4, 0x14000000)
                .putInt(0x3c, 0x40)
                .putInt(0x40, 0x4550 /* PE */)
                .put(0x38, magic.getBytes(StandardCharsets.ISO_8859_1));
        return join(head, kernel);
    }

    @TestFactory
    Stream<DynamicTest> image_thatIsAProgramOfEfi_isReadAsItIs() throws IOException {
        byte[] kernel = kernel();
        return Stream.of(
                whole("aarch64", efiImage("ARMd", kernel)),
                whole("aarch64, gzip", gzip(efiImage("ARMd", kernel))),
                whole("aarch64, zboot", zboot(gzip(efiImage("ARMd", kernel)))),
                whole("riscv64", efiImage("RSC\u0005", kernel)),
                whole("riscv64, gzip", gzip(efiImage("RSC\u0005", kernel))));
    }

    /**
     * {@code printf 'Linux version 6.12.0-lz4 (build@host) #1 SMP\n%0300d' 0 | lz4 -l -9}; the same with {@code lzma -9}, {@code bzip2 -9},
     * {@code xz --check=crc32 --x86 --lzma2=dict=32MiB} and {@code zstd -22 --ultra}: as the kernel's build calls them (scripts/Makefile.lib).
     */
    @TestFactory
    Stream<DynamicTest> image_compressedByOtherTools_isRead() {
        return Stream.of(
                        "lz4 AiFMGDoAAAD/H0xpbnV4IHZlcnNpb24gNi4xMi4wLWx6NCAoYnVpbGRAaG9zdCkgIzEgU01QCjABAP8UUDAwMDAw",
                        "lzma XQAAAAT//////////wAmGknHiVWzH0c10h8uLYXQEh3VSgT2FId4yosnjIL/P02///7MEn8hXd+6sb6++juBrD9HeSQ"
                                + "////VfAAA",
                        "bzip2 QlpoOTFBWSZTWb+qymgAAA5fgIAQSGNxAEAGSAAWZd9QAAggAFRjCYmTATAAEU9J6mhk2oDagabKHdBI1vCkgebjEGyd"
                                + "ZIvYwQ5zLbfxUXpWqogoqxP3piBU4LuSKcKEhf1WU0A=",
                        "xz /Td6WFoAAAFpIt42AgEEACEBGgAByYCz4AFXADZdACYaSceJVbMfRzXSHy4thdASHdVKBPYU/dgMMJYwKb0m1nr/6iwlKanj"
                                + "6m7W0E4rbNRT+a1AAAAAAGZPBJEAAU7YAgAAANJDi+U+MA2LAgAAAAABWVo=",
                        "zstd KLUv/QSIvQEA9AJMaW51eCB2ZXJzaW9uIDYuMTIuMC16c3RkIChidWlsZEBob3N0KSAjMSBTTVAKMAEAR1FBGXQntsw=")
                .map(text -> DynamicTest.dynamicTest(text.substring(0, text.indexOf(' ')), () -> {
                    byte[] bytes = Base64.getDecoder().decode(text.substring(text.indexOf(' ') + 1));
                    for (byte[] wrapped : List.of(bzImage(join(bytes, SIZE), 30), zboot(join(bytes, SIZE)), bytes)) {
                        KernelImage image = KernelImage.parse(wrapped, "image");
                        assertThat(image.release()).isEqualTo("6.12.0-" + text.substring(0, text.indexOf(' ')));
                        assertThat(image.banner()).endsWith(" (build@host) #1 SMP");
                    }
                }));
    }

    @Test
    void read_file_isTheSame() throws IOException {
        Path file = folder.resolve("vmlinuz");
        Files.write(file, bzImage(gzip(kernel()), 30));
        assertThat(KernelImage.read(file).certificates()).contains(keys("rsa", "p384"));
    }

    // The list of certificates.

    @Test
    void certificates_roomForOneMore_areFound() throws IOException {
        byte[] list = certificate("rsa");
        byte[] kernel = kernel(list, new byte[4096 + 8], list.length, list.length);
        assertThat(KernelImage.parse(kernel, "image").certificates()).contains(keys("rsa"));
    }

    @Test
    void certificates_noneOfTheSigner_areFound() throws IOException {
        byte[] list = certificate("rsa");
        assertThat(KernelImage.parse(kernel(list, new byte[0], list.length, 0), "image")
                        .certificates())
                .contains(keys("rsa"));
    }

    @Test
    void certificates_othersThanTheList_areNone() throws IOException {
        byte[] list = certificate("rsa");
        for (byte[] kernel : List.of(
                kernel(list, new byte[0], list.length + 1, list.length),
                kernel(list, new byte[0], list.length, list.length - 1),
                kernel(new byte[0], new byte[0], 0, 0))) {
            assertThat(KernelImage.parse(kernel, "image").certificates()).isEmpty();
        }
    }

    // The configuration.

    private static final String CONFIG = "CONFIG_MODULES=y\n# CONFIG_KALLSYMS is not set\n";

    private static byte[] config(String start, byte[] zip, String end) throws IOException {
        byte[] marks = "xIKCFG_ST is what is looked for, IKCFG_ED ".getBytes(StandardCharsets.US_ASCII);
        return join(
                kernel(),
                marks,
                start.getBytes(StandardCharsets.US_ASCII),
                zip,
                end.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void configuration_builtIn_isItsText() throws IOException {
        byte[] zip = gzip(CONFIG.getBytes(StandardCharsets.US_ASCII));
        assertThat(KernelImage.parse(config("IKCFG_ST", zip, "IKCFG_ED"), "image")
                        .configuration())
                .contains(CONFIG);
        assertThat(KernelImage.parse(config("IKCFG_S", zip, "IKCFG_ED"), "image")
                        .configuration())
                .isEmpty();
        assertThat(KernelImage.parse(kernel(), "image").configuration()).isEmpty();
    }

    @Test
    void configuration_damaged_isSaid() throws IOException {
        byte[] zip = gzip(CONFIG.getBytes(StandardCharsets.US_ASCII));
        byte[] bomb = gzip(new byte[(1 << 24) + 1]);
        byte[] broken = zip.clone();
        broken[zip.length / 2] ^= 0x55;
        for (byte[] image : List.of(
                config("IKCFG_ST", zip, "IKCFG_E"),
                config("IKCFG_ST", Arrays.copyOf(zip, zip.length / 2), "IKCFG_ED"),
                config("IKCFG_ST", broken, "IKCFG_ED"),
                config("IKCFG_ST", bomb, "IKCFG_ED"))) {
            assertThatThrownBy(() -> KernelImage.parse(image, "some.image"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageStartingWith("some.image: configuration at ");
        }
    }

    // What is no kernel.

    @Test
    void image_damaged_isSaid() throws IOException {
        byte[] kernel = kernel();
        byte[] zstd = Zstd.compress(kernel);
        byte[] outside = bzImage(zstd, 30);
        ByteBuffer.wrap(outside).order(ByteOrder.LITTLE_ENDIAN).putInt(0x24c, -1);
        byte[] old = bzImage(zstd, 30);
        old[0x206] = 7;
        for (byte[] image : List.of(
                new byte[0],
                "Linux version of something".getBytes(StandardCharsets.US_ASCII),
                outside,
                old,
                bzImage(Arrays.copyOf(zstd, zstd.length / 2), 30),
                gzip(gzip(gzip(gzip(gzip(kernel))))),
                Arrays.copyOf(gzip(kernel), 2000),
                new byte[] {0x02, 0x21, 0x4c, 0x18, 9, 0, 0, 0, 0x0f, 1, 0},
                new byte[] {0x02, 0x21, 0x4c, 0x18, 4, 0, 0, 0, 0x01, 1, 0, 0},
                new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0})) {
            assertThatThrownBy(() -> KernelImage.parse(image, "some.image"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageStartingWith("some.image: ");
        }
    }

    private static byte[] bzip2(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream zip = new BZip2CompressorOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] lzma(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream zip = new LZMAOutputStream(out, new LZMA2Options(0), -1)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    /** Legacy LZ4: blocks of zeros, each 8 MiB in a few kilobytes. */
    private static byte[] lz4Zeros(int blocks) {
        byte[] lengths = new byte[(8 << 20) / 255 - 1];
        Arrays.fill(lengths, (byte) 0xff);
        byte[] block = join(new byte[] {0x1f, 0, 1, 0}, lengths, new byte[] {0}, new byte[] {0x10, 0});
        ByteBuffer out = ByteBuffer.allocate(4 + blocks * (4 + block.length)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x184c2102);
        for (int i = 0; i < blocks; i++) {
            out.putInt(block.length).put(block);
        }
        return out.array();
    }

    @TestFactory
    Stream<DynamicTest> image_bomb_isNotUnpacked() throws IOException {
        byte[] zeros = new byte[(64 << 20) + 1];
        return Stream.of(
                        bomb("zstd", Zstd.compress(zeros)),
                        bomb("gzip", gzip(zeros)),
                        bomb("xz", xz(zeros)),
                        bomb("lzma", lzma(zeros)),
                        bomb("bzip2", bzip2(zeros)),
                        bomb("lz4", lz4Zeros(9)))
                .flatMap(tests -> tests);
    }

    private static Stream<DynamicTest> bomb(String how, byte[] bomb) {
        assertThat(bomb.length).isLessThan(1 << 20);
        return Stream.of(bomb, bzImage(bomb, 30))
                .map(image -> DynamicTest.dynamicTest(
                        how,
                        () -> assertThatThrownBy(() -> KernelImage.parse(image, "bomb"))
                                .isInstanceOf(MalformedInputException.class)
                                .hasMessageContaining("more than 67108864 bytes")));
    }

    /** What comes out is a kernel or called malformed; within the time of a second a kind, and that of one unpacking. */
    @TestFactory
    Stream<DynamicTest> image_brokenInRandomWays_isMalformedOrRead() throws IOException {
        byte[] kernel =
                join(kernel(), config("IKCFG_ST", gzip(CONFIG.getBytes(StandardCharsets.US_ASCII)), "IKCFG_ED"));
        return Stream.of(
                broken("none", kernel),
                broken("gzip", gzip(kernel)),
                broken("xz", xz(kernel)),
                broken("lzma", lzma(kernel)),
                broken("zstd", Zstd.compress(kernel)),
                broken("bzip2", bzip2(kernel)),
                broken(
                        "lz4",
                        Base64.getDecoder()
                                .decode(
                                        "AiFMGDoAAAD/H0xpbnV4IHZlcnNpb24gNi4xMi4wLWx6NCAoYnVpbGRAaG9zdCkgIzEgU01QCjABAP8UUDAwMDAw")));
    }

    private static DynamicTest broken(String how, byte[] payload) {
        return DynamicTest.dynamicTest(how, () -> {
            long seed = new Random().nextLong();
            Random random = new Random(seed);
            List<byte[]> images = List.of(payload, bzImage(join(payload, SIZE), 30), zboot(payload));
            long end = System.nanoTime() + 1_000_000_000L;
            int malformed = 0;
            for (int round = 0; round < 300 || (round < 5_000 && System.nanoTime() < end); round++) {
                byte[] image = damaged(images.get(round % images.size()), payload.length, random);
                try {
                    KernelImage read = KernelImage.parse(image, "fuzz");
                    read.symbols();
                } catch (MalformedInputException e) {
                    assertThat(e.getMessage()).startsWith("fuzz: ").hasSizeLessThan(2_000);
                    malformed++;
                } catch (RuntimeException | Error e) {
                    throw new AssertionError(how + ", seed " + seed + ", round " + round, e);
                }
            }
            assertThat(malformed).as("seed %s", seed).isPositive();
        });
    }

    /** Some bits in it turned, or its end cut off, or both; half of the time in its head. */
    private static byte[] damaged(byte[] image, int payload, Random random) {
        int length = random.nextInt(4) == 0 ? 1 + random.nextInt(image.length) : image.length;
        byte[] damaged = Arrays.copyOf(image, length);
        for (int flips = random.nextInt(4); flips >= 0; flips--) {
            int start = Math.max(0, length - payload);
            int at = random.nextBoolean() ? random.nextInt(length) : Math.min(length - 1, start + random.nextInt(40));
            damaged[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        }
        return damaged;
    }

    // Real ones, where conformance/fetch-kernel has unpacked them; the keys are what /proc/keys said.

    private record Real(String release, String key) {}

    @TestFactory
    Stream<DynamicTest> image_ofADistribution_hasTheKeyOfItsModules() {
        return Stream.of(
                        new Real("6.1.0-50-amd64", "0a219777213e78bd031a2420db649c60888ff27d"),
                        new Real("6.12.107+deb13-amd64", "092fa7c73d21b4c79e449372fdf50a49a6f4ec79"),
                        new Real("6.12.107+deb13-arm64", "3ab51d028bcd3a6bc9dcb3bd39fe728d90affb15"),
                        new Real("7.2.13+deb14-amd64", "62fb81ae5ac55caac7c6f694ccd7943d7483423e"),
                        new Real("7.2.13+deb14-riscv64", "c716ea6bb21d0310a4d157355ebdb673c14653fe"))
                .map(real -> DynamicTest.dynamicTest(real.release, () -> {
                    Path root = Path.of(Optional.ofNullable(System.getenv("JKMOD_CACHE"))
                                    .orElse(System.getProperty("user.home") + "/.cache/jkmod"))
                            .resolve(real.release);
                    Optional<Path> file = Stream.of(
                                    "boot/vmlinuz-" + real.release,
                                    "boot/vmlinux-" + real.release,
                                    "lib/modules/" + real.release + "/vmlinuz")
                            .map(root::resolve)
                            .filter(Files::isRegularFile)
                            .findFirst();
                    assumeTrue(file.isPresent(), "SKIPPED: no kernel in " + root);
                    KernelImage image = KernelImage.read(file.orElseThrow());
                    assertThat(image.release()).isEqualTo(real.release);
                    assertThat(image.certificates().orElseThrow().descriptions())
                            .containsExactly("Build time autogenerated kernel key: " + real.key);
                }));
    }
}
