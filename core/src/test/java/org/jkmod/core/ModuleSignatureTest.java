package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.SignedFixture.info;
import static org.jkmod.core.SignedFixture.keys;
import static org.jkmod.core.SignedFixture.module;
import static org.jkmod.core.SignedFixture.read;
import static org.jkmod.core.SignedFixture.signed;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.core.ModuleSignature.Check;
import org.jkmod.core.ModuleSignature.Decision;
import org.jkmod.core.ModuleSignature.Invalid;
import org.jkmod.core.ModuleSignature.Message;
import org.jkmod.core.ModuleSignature.NotChecked;
import org.jkmod.core.ModuleSignature.Result;
import org.jkmod.core.ModuleSignature.Unknown;
import org.jkmod.core.ModuleSignature.Valid;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ModuleSignatureTest {
    private static final int BODY = read("body").length;

    /** A kernel as Debian configures it, but with everything built in. */
    private static KernelProfile.Builder kernel(String release) {
        return Toys.profile(release)
                .config("MODULE_SIG", "y")
                .config("CRYPTO_SHA1", "y")
                .config("CRYPTO_SHA256", "y")
                .config("CRYPTO_SHA512", "y")
                .config("CRYPTO_SHA3", "y")
                .config("CRYPTO_ECDSA", "y")
                .config("INTEGRITY_PLATFORM_KEYRING", "n");
    }

    private static Check check(KernelProfile.Builder kernel, byte[] file) {
        return new ModuleSignature(kernel.build(), module -> false).check(file, false);
    }

    private static Result invalid(Errno errno) {
        return new Invalid(errno);
    }

    // Signatures.

    private record Case(String signature, String key, String release, Result result) {
        @Override
        public String toString() {
            return signature + ", kernel " + release + " that trusts " + key + ": " + result;
        }
    }

    @TestFactory
    Stream<DynamicTest> signature_keyAndKernel_isJudged() {
        return Stream.of(
                        new Case("rsa", "rsa", "6.1", new Valid()),
                        new Case("rsa", "rsa", "6.12", new Valid()),
                        new Case("rsa", "rsa", "7.2", new Valid()),
                        new Case("rsa", "stranger", "6.12", invalid(Errno.ENOKEY)),
                        new Case("stranger", "stranger", "6.12", new Valid()),
                        new Case("rsa-keyid", "rsa", "6.12", new Valid()),
                        new Case("rsa-keyid", "p256", "6.12", invalid(Errno.ENOKEY)),
                        new Case("rsa-sha1", "rsa", "6.12", new Valid()),
                        new Case("rsa-sha512", "rsa", "6.12", new Valid()),
                        new Case("rsa-sha3", "rsa", "6.12", new Valid()),
                        new Case("rsa-sha3", "rsa", "6.1", invalid(Errno.ENOPKG)),
                        new Case("p256", "p256", "6.1", new Valid()),
                        new Case("p384", "p384", "6.12", new Valid()),
                        new Case("p521", "p521", "6.12", new Valid()),
                        // 6.1 cannot load the key
                        new Case("p521", "p521", "6.1", invalid(Errno.ENOKEY)),
                        new Case("stranger-certificate", "rsa", "6.12", invalid(Errno.ENOKEY)),
                        new Case("stranger-certificate", "stranger", "6.12", new Valid()),
                        new Case("child", "rsa", "6.12", new Valid()),
                        new Case("child", "stranger", "6.12", invalid(Errno.ENOKEY)),
                        new Case("child-nocerts", "rsa", "6.12", invalid(Errno.ENOKEY)),
                        new Case("two", "rsa", "6.12", new Valid()),
                        new Case("two", "stranger", "6.12", new Valid()),
                        new Case("two", "p256", "6.12", invalid(Errno.ENOKEY)),
                        new Case("attributes", "rsa", "6.12", invalid(Errno.EKEYREJECTED)),
                        new Case("data", "rsa", "6.12", invalid(Errno.EBADMSG)))
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
                    Check check = check(kernel(c.release).trustedKeys(keys(c.key)), signed(c.signature));
                    assertThat(check.result()).isEqualTo(c.result);
                    assertThat(check.length()).isEqualTo(BODY);
                }));
    }

    @TestFactory
    Stream<DynamicTest> signature_bodyChanged_isRejectedByWhoHasTheKey() {
        return Stream.of("rsa", "rsa-keyid", "p256", "p384", "p521")
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    byte[] file = signed(name);
                    file[5] ^= 1;
                    assertThat(check(kernel("6.12").trustedKeys(keys(name.replace("-keyid", ""))), file)
                                    .result())
                            .isEqualTo(invalid(Errno.EKEYREJECTED));
                    assertThat(check(kernel("6.12").trustedKeys(keys("stranger")), file)
                                    .result())
                            .isEqualTo(invalid(Errno.ENOKEY));
                }));
    }

    @Test
    void signature_bodyChangedAndCertificateInMessage_isRejectedByEverybody() {
        byte[] file = signed("stranger-certificate");
        file[5] ^= 1;
        assertThat(check(kernel("6.12").trustedKeys(keys("rsa")), file).result())
                .isEqualTo(invalid(Errno.EKEYREJECTED));
    }

    @Test
    void signature_certificateInMessageChanged_isRejected() {
        byte[] file = signed("stranger-certificate");
        // A letter of the subject and issuer, "Test stranger": the certificate's own signature is not one of it any
        // more.
        int name = new String(file, StandardCharsets.ISO_8859_1).indexOf("stranger");
        file[name] ^= 1;
        assertThat(check(kernel("6.12").trustedKeys(keys("rsa")), file).result())
                .isNotInstanceOf(Valid.class);
    }

    @Test
    void signature_keysUnknown_isUnknownAndNamesTheSigner() {
        Check check = check(kernel("6.12"), signed("rsa-keyid"));
        assertThat(check.result()).isInstanceOf(Unknown.class);
        String description = keys("rsa").descriptions().get(0);
        String id = description.substring(description.indexOf(": ") + 2);
        assertThat(((Unknown) check.result()).what())
                .isEqualTo("whether the kernel has the key of the signer: subject key identifier " + id);
        Decision decision = check.decide(true, Lockdown.NONE, "init");
        assertThat(decision.unknown()).isPresent();
        assertThat(decision.errno()).isEmpty();
    }

    @Test
    void signature_damagedAndKeysUnknown_isBadNevertheless() {
        byte[] file = signed("rsa");
        file[BODY] ^= 1;
        assertThat(check(kernel("6.12"), file).result()).isEqualTo(invalid(Errno.EBADMSG));
    }

    // What the kernel can do.

    @Test
    void hash_isModuleThatIsNotLoaded_isNotSupported() {
        KernelProfile profile = kernel("6.1")
                .config("CRYPTO_SHA512", "m")
                .trustedKeys(keys("rsa"))
                .build();
        Set<String> loaded = Set.of("sha512_generic");
        assertThat(new ModuleSignature(profile, m -> false)
                        .check(signed("rsa-sha512"), false)
                        .result())
                .isEqualTo(invalid(Errno.ENOPKG));
        assertThat(new ModuleSignature(profile, loaded::contains)
                        .check(signed("rsa-sha512"), false)
                        .result())
                .isEqualTo(new Valid());
    }

    @Test
    void hash_configurationUnknown_isUnknown() {
        KernelProfile.Builder kernel =
                Toys.profile("6.12").config("MODULE_SIG", "y").trustedKeys(keys("rsa", "p256"));
        assertThat(check(kernel, signed("rsa-sha512")).result())
                .isEqualTo(new Unknown("whether the kernel has sha512 (CONFIG_CRYPTO_SHA512)"));
        assertThat(check(kernel, signed("rsa")).result()).isEqualTo(new Valid());
    }

    @Test
    void key_algorithmMissing_isNotInTheKeyring() {
        KernelProfile.Builder kernel = kernel("6.1").config("CRYPTO_ECDSA", "n").trustedKeys(keys("p256"));
        assertThat(check(kernel, signed("p256")).result()).isEqualTo(invalid(Errno.ENOKEY));
    }

    // The frame.

    @Test
    void check_noModuleSig_looksAtNothing() {
        byte[] file = signed("rsa");
        Check check = check(Toys.profile("6.12").config("MODULE_SIG", "n"), file);
        assertThat(check).isEqualTo(new Check(file.length, new NotChecked(), List.of()));
        assertThat(check.decide(false, Lockdown.INTEGRITY, "init").valid()).isFalse();
    }

    @Test
    void check_forced_looksAtNothing() {
        byte[] file = signed("rsa");
        KernelProfile profile = kernel("6.12").trustedKeys(keys("rsa")).build();
        assertThat(new ModuleSignature(profile, m -> false).check(file, true))
                .isEqualTo(new Check(file.length, invalid(Errno.ENODATA), List.of()));
    }

    private record Frame(String what, ImmutableList<Byte> file, int length, Errno errno, List<String> messages) {
        Frame(String what, byte[] file, int length, Errno errno, String... messages) {
            this(what, ImmutableList.copyOf(Bytes.asList(file)), length, errno, List.of(messages));
        }
    }

    @TestFactory
    Stream<DynamicTest> frame_odd_isJudged() {
        byte[] body = read("body");
        byte[] message = read("rsa.p7");
        byte[] info = info(2, message.length);
        byte[] nonZero = info.clone();
        nonZero[3] = 1;
        byte[] padded = info.clone();
        padded[7] = 1;
        int cut = body.length + message.length + info.length;
        String params = "module: PKCS#7 signature info has unexpected non-zero params";
        String kind = "module: not signed with expected PKCS#7 message";
        return Stream.of(
                        new Frame("empty", new byte[0], 0, Errno.ENODATA),
                        new Frame("no marker", body, body.length, Errno.ENODATA),
                        new Frame("only the marker", module(), 28, Errno.ENODATA),
                        new Frame("only the info", module(info), 12, Errno.EBADMSG),
                        new Frame("8 bytes", module(new byte[8]), 8, Errno.EBADMSG),
                        new Frame("PGP", module(body, message, info(0, message.length)), cut, Errno.ENOPKG, kind),
                        new Frame("X509", module(body, message, info(1, message.length)), cut, Errno.ENOPKG, kind),
                        new Frame("signer_len", module(body, message, nonZero), cut, Errno.EBADMSG, params),
                        new Frame("padding", module(body, message, padded), cut, Errno.EBADMSG, params),
                        new Frame("whole file", module(message, info), message.length + 12, Errno.EBADMSG),
                        new Frame("more than the file", module(body, message, info(2, -1)), cut, Errno.EBADMSG),
                        new Frame(
                                "one byte less",
                                module(body, message, info(2, message.length - 1)),
                                body.length + 1,
                                Errno.EBADMSG),
                        new Frame("nothing", module(body, info(2, 0)), body.length, Errno.EBADMSG),
                        new Frame("huge", module(body, new byte[65536], info(2, 65536)), body.length, Errno.EMSGSIZE),
                        new Frame(
                                "no SignedData",
                                module(body, new byte[] {0x30, 3, 6, 1, 1}, info(2, 5)),
                                body.length,
                                Errno.EINVAL,
                                "PKCS7: Unknown OID: [4] 0.1",
                                "PKCS7: Only support pkcs7_signedData type"))
                .map(f -> DynamicTest.dynamicTest(f.what, () -> {
                    Check check = check(kernel("6.12").trustedKeys(keys("rsa")), Bytes.toArray(f.file));
                    assertThat(check.result()).isEqualTo(invalid(f.errno));
                    assertThat(check.length()).isEqualTo(f.length);
                    assertThat(check.messages()).extracting(Message::text).isEqualTo(f.messages);
                }));
    }

    @Test
    void message_bytesBehindIt_areNotLookedAt() {
        byte[] message = Arrays.copyOf(read("rsa.p7"), 500);
        byte[] file = module(read("body"), message, info(2, message.length));
        assertThat(check(kernel("6.12").trustedKeys(keys("rsa")), file).result())
                .isEqualTo(new Valid());
    }

    @Test
    void message_unknownName_isPrintedOnceAKeyring() {
        byte[] file = signed("odd");
        String text = "PKCS7: Unknown OID: [" + offsetOfDomainComponent() + "] 0.9.2342.19200300.100.1.25";
        Message message = new Message(KernelLog.WARNING, text);
        assertThat(check(kernel("6.12").trustedKeys(keys("rsa")), file).messages())
                .containsExactly(message);
        KernelProfile.Builder both = kernel("6.12").config("INTEGRITY_PLATFORM_KEYRING", "y");
        assertThat(check(both.trustedKeys(keys("rsa")), file).messages()).containsExactly(message, message);
    }

    private static int offsetOfDomainComponent() {
        byte[] oid = {0x09, (byte) 0x92, 0x26, (byte) 0x89, (byte) 0x93, (byte) 0xf2, 0x2c, 0x64, 0x01, 0x19};
        byte[] message = read("odd.p7");
        for (int i = 0; i < message.length - oid.length; i++) {
            if (Arrays.equals(message, i, i + oid.length, oid, 0, oid.length)) {
                return i;
            }
        }
        throw new IllegalStateException();
    }

    @Test
    void message_oneByteChanged_isNeverValidAndNeverThrows() {
        long seed = 0x51f7_2026L;
        Random random = new Random(seed);
        for (String name : List.of("rsa", "p384", "child", "two", "attributes", "data")) {
            ModuleSignature signature = new ModuleSignature(
                    kernel("7.2").trustedKeys(keys("rsa", "p384")).build(), m -> false);
            for (int i = 0; i < 300; i++) {
                byte[] file = signed(name);
                int at = BODY + random.nextInt(file.length - BODY - SignedFixture.MARKER.length);
                file[at] = (byte) random.nextInt(256);
                assertThat(signature.check(file, false).result())
                        .as("%s, byte %d, seed %d", name, at, seed)
                        .isNotNull();
                byte[] changed = signed(name);
                changed[random.nextInt(BODY)] ^= (byte) (1 << random.nextInt(8));
                assertThat(signature.check(changed, false).result())
                        .as("%s, body, seed %d", name, seed)
                        .isInstanceOf(Invalid.class);
            }
        }
    }

    // What becomes of it.

    private record Policy(Errno found, boolean enforces, Lockdown lockdown, String answer) {}

    @TestFactory
    Stream<DynamicTest> decide_policy_saysWhatTheKernelDoes() {
        String locked = "EPERM: Lockdown: init: unsigned module loading is restricted; see man kernel_lockdown.7";
        return Stream.of(
                        new Policy(Errno.ENODATA, false, Lockdown.NONE, "loads"),
                        new Policy(Errno.ENOPKG, false, Lockdown.NONE, "loads"),
                        new Policy(Errno.ENOKEY, false, Lockdown.NONE, "loads"),
                        new Policy(Errno.EBADMSG, false, Lockdown.NONE, "EBADMSG: "),
                        new Policy(
                                Errno.ENODATA,
                                true,
                                Lockdown.NONE,
                                "EKEYREJECTED: Loading of unsigned module is rejected"),
                        new Policy(
                                Errno.ENOPKG,
                                true,
                                Lockdown.NONE,
                                "EKEYREJECTED: Loading of module with unsupported crypto is rejected"),
                        new Policy(
                                Errno.ENOKEY,
                                true,
                                Lockdown.INTEGRITY,
                                "EKEYREJECTED: Loading of module with unavailable key is rejected"),
                        new Policy(Errno.EINVAL, true, Lockdown.INTEGRITY, "EINVAL: "),
                        new Policy(Errno.ENODATA, false, Lockdown.INTEGRITY, locked),
                        new Policy(Errno.ENOKEY, false, Lockdown.CONFIDENTIALITY, locked),
                        new Policy(Errno.EKEYREJECTED, false, Lockdown.CONFIDENTIALITY, "EKEYREJECTED: "))
                .map(p -> DynamicTest.dynamicTest(p.toString(), () -> {
                    Decision decision =
                            new Check(0, invalid(p.found), List.of()).decide(p.enforces, p.lockdown, "init");
                    String text = decision.messages().isEmpty()
                            ? ""
                            : decision.messages().get(0).text();
                    assertThat(decision.errno().map(e -> e + ": " + text).orElse("loads"))
                            .isEqualTo(p.answer);
                    assertThat(decision.valid()).isFalse();
                }));
    }

    @Test
    void decide_valid_isValidUnderAnyPolicy() {
        Decision decision = new Check(0, new Valid(), List.of()).decide(true, Lockdown.CONFIDENTIALITY, "init");
        assertThat(decision.valid()).isTrue();
        assertThat(decision.errno()).isEmpty();
    }
}
