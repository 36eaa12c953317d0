package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.SignedFixture.info;
import static org.jkmod.core.SignedFixture.keys;
import static org.jkmod.core.SignedFixture.module;
import static org.jkmod.core.SignedFixture.read;
import static org.jkmod.core.SignedFixture.signed;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jkmod.core.SignatureCheck.Finding;
import org.jkmod.core.SignatureCheck.Outcome;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SignatureCheckTest {
    private record Case(String signature, String key, Outcome outcome) {}

    private static Finding check(byte[] module, String... keys) {
        return SignatureCheck.with(keys(keys)).check(module);
    }

    @TestFactory
    Stream<DynamicTest> module_signatureAndKey_isJudged() {
        return Stream.of(
                        new Case("rsa", "rsa", Outcome.GOOD),
                        new Case("rsa", "stranger", Outcome.UNKNOWN_KEY),
                        new Case("rsa-keyid", "rsa", Outcome.GOOD),
                        new Case("rsa-sha512", "rsa", Outcome.GOOD),
                        new Case("rsa-sha3", "rsa", Outcome.GOOD),
                        new Case("p256", "p256", Outcome.GOOD),
                        new Case("p384", "p384", Outcome.GOOD),
                        new Case("p521", "p521", Outcome.GOOD),
                        new Case("p256", "p384", Outcome.UNKNOWN_KEY),
                        new Case("child", "rsa", Outcome.GOOD),
                        new Case("stranger-certificate", "rsa", Outcome.UNKNOWN_KEY),
                        new Case("attributes", "rsa", Outcome.REJECTED),
                        new Case("data", "rsa", Outcome.MALFORMED))
                .map(c -> DynamicTest.dynamicTest(
                        c.toString(),
                        () -> assertThat(check(signed(c.signature), c.key).outcome())
                                .isEqualTo(c.outcome)));
    }

    @Test
    void module_oneByteChanged_isRejected() {
        byte[] file = signed("rsa");
        file[7] ^= 4;
        assertThat(check(file, "rsa")).isEqualTo(new Finding(Outcome.REJECTED, "the module is not what was signed"));
        assertThat(check(file, "p256").outcome()).isEqualTo(Outcome.UNKNOWN_KEY);
    }

    @Test
    void module_withoutMarker_hasNoSignature() {
        byte[] file = signed("rsa");
        assertThat(check(Arrays.copyOf(file, file.length - 1), "rsa"))
                .isEqualTo(new Finding(Outcome.NO_SIGNATURE, "the module is not signed"));
    }

    @Test
    void module_lengthIsGarbage_isMalformed() {
        byte[] message = read("rsa.p7");
        for (int size : new int[] {message.length - 1, message.length + 1, -1, 1 << 30}) {
            assertThat(check(module(read("body"), message, info(2, size)), "rsa")
                            .outcome())
                    .as("%d", size)
                    .isIn(Outcome.MALFORMED, Outcome.REJECTED);
        }
        assertThat(check(module(read("body"), message, info(1, message.length)), "rsa"))
                .isEqualTo(new Finding(Outcome.UNKNOWN_ALGORITHM, "module: not signed with expected PKCS#7 message"));
    }

    @Test
    void keys_none_knowNobody() {
        assertThat(SignatureCheck.with(TrustedKeys.of(List.of(), "none"))
                        .check(signed("rsa"))
                        .outcome())
                .isEqualTo(Outcome.UNKNOWN_KEY);
    }
}
