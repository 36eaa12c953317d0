package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelReleaseTest {
    @ParameterizedTest
    @CsvSource({
        "6.12.107+deb13-amd64, 6, 12",
        "6.1.0-50-amd64, 6, 1",
        "7.2.13+deb14-riscv64, 7, 2",
        "5.14.0-427.13.1.el9_4.x86_64, 5, 14",
        "6.8, 6, 8",
        "6.8-rc1, 6, 8",
        "6.12.0-toy, 6, 12"
    })
    void release_ofADistribution_hasItsFirstTwoNumbers(String text, int version, int patchlevel) {
        KernelRelease release = KernelRelease.parse(text);
        assertThat(release.version()).isEqualTo(version);
        assertThat(release.patchlevel()).isEqualTo(patchlevel);
        assertThat(release).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "6", "6.", ".1", "linux-6.1", "v6.1", " 6.1", "six.one", "-6.1", "99999999999.1", "6.x"})
    void text_thatIsNoRelease_isRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KernelRelease.parse(text))
                .withMessage("not a kernel release: " + text);
    }

    @Test
    void comparison_byNumbers_isNotByText() {
        KernelRelease release = KernelRelease.parse("6.12.0");
        assertThat(release.isAtLeast(6, 4)).isTrue();
        assertThat(release.isAtLeast(6, 12)).isTrue();
        assertThat(release.isAtLeast(6, 13)).isFalse();
        assertThat(release.isAtLeast(5, 99)).isTrue();
        assertThat(release.isAtLeast(7, 0)).isFalse();
    }
}
