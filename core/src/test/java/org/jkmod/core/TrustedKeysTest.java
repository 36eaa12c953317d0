package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.SignedFixture.certificates;
import static org.jkmod.core.SignedFixture.keys;
import static org.jkmod.core.SignedFixture.read;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;

class TrustedKeysTest {
    @Test
    void keys_anyOrder_areEqualAndInOneOrder() {
        TrustedKeys some = keys("rsa", "p256", "p384");
        TrustedKeys same = keys("p384", "rsa", "p256", "rsa");
        assertThat(same).isEqualTo(some).hasSameHashCodeAs(some);
        assertThat(same.descriptions()).isEqualTo(some.descriptions()).hasSize(3);
        assertThat(same.certificates()).usingRecursiveComparison().isEqualTo(some.certificates());
        assertThat(keys("rsa", "p256")).isNotEqualTo(some);
    }

    @Test
    void descriptions_areThoseOfProcKeys() {
        assertThat(keys("p521").descriptions()).singleElement().asString().matches("Test p521: [0-9a-f]{40}");
    }

    @Test
    void certificates_written_changeNothing() {
        TrustedKeys keys = keys("rsa");
        keys.certificates().get(0)[0] = 0;
        assertThat(keys).isEqualTo(keys("rsa"));
        assertThat(keys.certificates().get(0)).isEqualTo(read("rsa.der"));
    }

    @Test
    void certificate_damaged_isSaid() {
        byte[] whole = read("rsa.der");
        for (byte[] damaged : List.of(
                new byte[0],
                Arrays.copyOf(whole, whole.length - 1),
                Arrays.copyOf(whole, whole.length + 1),
                read("rsa.p7"))) {
            List<byte[]> all = List.of(certificates("p256").get(0), damaged);
            assertThatThrownBy(() -> TrustedKeys.of(all, "some.file"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("some.file: certificate 1")
                    .hasMessageContaining("expected an X.509 certificate in DER");
        }
    }

    // In a profile.

    private static KernelProfile savedAndRead(KernelProfile profile) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        profile.save(out);
        return KernelProfile.read(new ByteArrayInputStream(out.toByteArray()), "p.profile");
    }

    @Test
    void profile_savedAndRead_hasTheSameKeys() throws IOException {
        TrustedKeys keys = keys("rsa", "p384");
        assertThat(savedAndRead(Toys.profile("6.12").trustedKeys(keys).build()).trustedKeys())
                .contains(keys);
    }

    @Test
    void profile_keysUnknownOrNone_isNotTheSame() throws IOException {
        assertThat(savedAndRead(Toys.profile("6.12").build()).trustedKeys()).isEmpty();
        TrustedKeys none = TrustedKeys.of(List.of(), "none");
        assertThat(savedAndRead(Toys.profile("6.12").trustedKeys(none).build()).trustedKeys())
                .contains(none);
    }
}
