package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.jkmod.core.Architecture;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** What a kernel that decompresses modules says of damaged ones, as conformance/verdicts has seen 6.12.107 and 7.2.13 say it. */
class CompressedModuleTest {
    @TempDir
    private Path files;

    private static byte[] compressed() throws IOException {
        byte[] content = new byte[20_000];
        new Random(1).nextBytes(content);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (XZOutputStream out = new XZOutputStream(bytes, new LZMA2Options())) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private Scenario.Outcome load(byte[] file) throws IOException {
        Files.write(files.resolve("a.ko"), file);
        KernelProfile profile = KernelProfile.builder("6.12.107+deb13-amd64")
                .architecture(Architecture.named("x86_64").orElseThrow())
                .config("MODULE_DECOMPRESS", "y")
                .config("MODULE_COMPRESS_XZ", "y")
                .build();
        return new Scenario(profile, BootOptions.DEFAULT, files).play("load a.ko 4 ");
    }

    @Test
    void load_ofACompressedFileThatIsCut_saysThatXzHadNoMore() throws IOException {
        byte[] whole = compressed();
        Scenario.Outcome outcome = load(Arrays.copyOf(whole, whole.length / 2));
        assertThat(outcome.errno()).contains(Errno.EINVAL);
        assertThat(outcome.messages()).containsExactly("decompression failed with status 0");
    }

    @Test
    void load_ofACompressedFileThatIsDamaged_saysThatTheDataAreWrong() throws IOException {
        byte[] damaged = compressed();
        damaged[damaged.length / 2] ^= 1;
        Scenario.Outcome outcome = load(damaged);
        assertThat(outcome.errno()).contains(Errno.EINVAL);
        assertThat(outcome.messages()).containsExactly("decompression failed with status 7");
    }

    @Test
    void load_ofAFileThatIsCompressedAnotherWay_saysSo() throws IOException {
        Scenario.Outcome outcome = load(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0});
        assertThat(outcome.errno()).contains(Errno.EINVAL);
        assertThat(outcome.messages()).containsExactly("not an xz compressed module");
    }
}
