package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TaintTest {
    /** The table of Documentation/admin-guide/tainted-kernels.rst. */
    @Test
    void bitsAndLetters_ofAllTaints_areTheDocumented() {
        assertThat(Arrays.stream(Taint.values()).collect(Collectors.toMap(Taint::letter, Taint::bit)))
                .isEqualTo(Map.of('P', 0, 'F', 1, 'R', 3, 'U', 6, 'W', 9, 'C', 10, 'O', 12, 'E', 13, 'K', 15, 'N', 18));
        assertThat(Arrays.stream(Taint.values()).map(Taint::bit)).isSorted();
    }

    /** 12289 is what a real kernel said of P, O and E; see the recording of x86_64. */
    @Test
    void mask_ofASet_isTheSumOfItsBits() {
        assertThat(Taint.mask(Set.of())).isZero();
        assertThat(Taint.mask(Set.of(Taint.PROPRIETARY_MODULE, Taint.OOT_MODULE, Taint.UNSIGNED_MODULE)))
                .isEqualTo(12289);
    }
}
