package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AddressRangeTest {
    @Test
    void range_inTheUpperHalf_containsFromStartToBeforeItsEnd() {
        AddressRange range = AddressRange.between(0xffffffffc0000000L, 0xffffffffff000000L);
        assertThat(range.size()).isEqualTo(0x3f000000);
        assertThat(range.contains(0xffffffffc0000000L)).isTrue();
        assertThat(range.contains(0xfffffffffeffffffL)).isTrue();
        assertThat(range.contains(0xffffffffff000000L)).isFalse();
        assertThat(range.contains(0xffffffffbfffffffL)).isFalse();
        assertThat(range.contains(0)).isFalse();
    }

    @Test
    void range_acrossTheSign_isUnsigned() {
        AddressRange range = AddressRange.between(0x7fff_ffff_ffff_f000L, 0x8000_0000_0000_1000L);
        assertThat(range.contains(Long.MAX_VALUE)).isTrue();
        assertThat(range.contains(Long.MIN_VALUE)).isTrue();
        assertThat(range.contains(0x8000_0000_0000_1000L)).isFalse();
    }

    @Test
    void range_upToTheTop_endsAtZero() {
        AddressRange range = new AddressRange(-0x1000L, 0x1000);
        assertThat(range.end()).isZero();
        assertThat(range.contains(-1)).isTrue();
        assertThat(range.contains(0)).isFalse();
    }

    @Test
    void range_thatIsEmpty_containsNothing() {
        assertThat(new AddressRange(5, 0).contains(5)).isFalse();
    }
}
