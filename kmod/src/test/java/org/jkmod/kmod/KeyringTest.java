package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.core.SignatureCheck;
import org.jkmod.core.SignatureCheck.Outcome;
import org.jkmod.core.TrustedKeys;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class KeyringTest {
    @TempDir
    Path folder;

    private static final byte[] OBJECT = SmallObject.with(
                    ".modinfo", "license=GPL\0".getBytes(StandardCharsets.US_ASCII))
            .bytes();

    private record Case(String keys, int bits, String algorithm, String hash) {}

    /** ML-DSA too, which Java has only from 24 on: Bouncy Castle's provider serves it, because it is on the class path. */
    @TestFactory
    Stream<DynamicTest> module_signedWithAKeyOfTheRing_isGood() {
        return Stream.of(
                        new Case("RSA", 2048, "SHA256WITHRSA", "sha256"),
                        new Case("RSA", 2048, "SHA512WITHRSA", "sha512"),
                        new Case("RSA", 4096, "SHA256WITHRSA", "sha256"),
                        new Case("EC", 256, "SHA256WITHECDSA", "sha256"),
                        new Case("EC", 384, "SHA384WITHECDSA", "sha384"),
                        new Case("ML-DSA-65", 0, "ML-DSA-65", "sha512"),
                        new Case("ML-DSA-44", 0, "ML-DSA-44", "sha512"),
                        new Case("ML-DSA-87", 0, "ML-DSA-87", "sha512"))
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> judge(c)));
    }

    private void judge(Case c) throws Exception {
        SignedModule signer = SignedModule.signer(c.keys, c.bits, c.algorithm);
        SignedModule other = SignedModule.signer("EC", 256, "SHA256WITHECDSA");
        Path file = folder.resolve(c.keys + c.bits + c.algorithm + ".der");
        Files.write(file, signer.certificate());
        TrustedKeys keys = Keyring.read(file);
        SignatureCheck check = SignatureCheck.with(keys);
        byte[] module = signer.sign(OBJECT, false);
        assertThat(check.check(module)).isEqualTo(new SignatureCheck.Finding(Outcome.GOOD, ""));
        assertThat(check.check(signer.sign(OBJECT, true)).outcome()).isEqualTo(Outcome.GOOD);
        assertThat(check.check(other.sign(OBJECT, true)).outcome()).isEqualTo(Outcome.UNKNOWN_KEY);
        byte[] tampered = module.clone();
        tampered[70] ^= 1;
        assertThat(check.check(tampered).outcome()).isEqualTo(Outcome.REJECTED);
        byte[] truncated = Arrays.copyOfRange(module, 1, module.length);
        assertThat(check.check(truncated).outcome()).isEqualTo(Outcome.REJECTED);

        ModuleSignature signature = ModuleInfo.parse(module, "x.ko").signature().orElseThrow();
        assertThat(signature.signer()).isEqualTo("Signer " + c.keys + " " + c.bits);
        assertThat(signature.key()).isEqualTo(new byte[] {(byte) 0x80, 0, 0, 0, 0, 0, 0, 1});
        assertThat(signature.hash()).isEqualTo(c.hash);
        assertThat(ModuleInfo.parse(tampered, "x.ko").signature()).isEqualTo(Optional.of(signature));
    }

    private static String pem(byte[] der) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END CERTIFICATE-----\n";
    }

    @Test
    void files_derAndPem_holdWhatIsInThem() throws Exception {
        byte[] one = SignedModule.signer("EC", 256, "SHA256WITHECDSA").certificate();
        byte[] two = SignedModule.signer("EC", 384, "SHA384WITHECDSA").certificate();
        byte[] both = new byte[one.length + two.length];
        System.arraycopy(one, 0, both, 0, one.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        TrustedKeys expected = TrustedKeys.of(List.of(one, two), "test");
        Path der = Files.write(folder.resolve("both"), both);
        Path pem = Files.writeString(folder.resolve("text"), "Subject: one\n" + pem(one) + "and\n" + pem(two));
        assertThat(Keyring.read(der)).isEqualTo(expected);
        assertThat(Keyring.read(pem)).isEqualTo(expected);

        Path ring = Files.createDirectory(folder.resolve("ring"));
        Files.write(ring.resolve("one.x509"), one);
        Files.writeString(ring.resolve("two.PEM"), pem(two));
        Files.writeString(ring.resolve("README"), "no certificate");
        assertThat(Keyring.read(ring)).isEqualTo(expected);
        Path first = Files.write(folder.resolve("first.der"), one);
        Path second = Files.write(folder.resolve("second.der"), two);
        assertThat(Keyring.read(List.of(first, second))).isEqualTo(expected);
    }

    @Test
    void files_damagedOrEmpty_areRefused() throws Exception {
        byte[] der = SignedModule.signer("EC", 256, "SHA256WITHECDSA").certificate();
        Path cut = Files.write(folder.resolve("cut.der"), Arrays.copyOf(der, der.length - 1));
        assertThatThrownBy(() -> Keyring.read(cut))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("expected a whole X.509 certificate in DER");
        Path open = Files.writeString(folder.resolve("open.pem"), pem(der).replace("-----END", "-----OND"));
        assertThatThrownBy(() -> Keyring.read(open))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("one without an end");
        Path text = Files.writeString(folder.resolve("text.pem"), pem(der).replace("M", "!"));
        assertThatThrownBy(() -> Keyring.read(text)).isInstanceOf(MalformedInputException.class);
        Path none = Files.createDirectory(folder.resolve("none"));
        assertThatThrownBy(() -> Keyring.read(none))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("found none");
        Path other = Files.writeString(folder.resolve("other"), "something else");
        assertThatThrownBy(() -> Keyring.read(other)).isInstanceOf(MalformedInputException.class);
    }
}
