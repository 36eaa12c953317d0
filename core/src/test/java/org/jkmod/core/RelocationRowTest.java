package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.jkmod.core.RelocationRow.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelocationRowTest {
    @ParameterizedTest
    @CsvSource({
        "SIGNED,   8,  127,         true",
        "SIGNED,   8,  128,         false",
        "SIGNED,   8,  -128,        true",
        "SIGNED,   8,  -129,        false",
        "SIGNED,   32, 2147483647,  true",
        "SIGNED,   32, 2147483648,  false",
        "SIGNED,   32, -2147483648, true",
        "SIGNED,   32, -2147483649, false",
        "SIGNED,   32, 4294967296,  false",
        "SIGNED,   64, -9223372036854775808, true",
        "UNSIGNED, 8,  255,         true",
        "UNSIGNED, 8,  256,         false",
        "UNSIGNED, 8,  -1,          false",
        "UNSIGNED, 32, 4294967295,  true",
        "UNSIGNED, 32, 4294967296,  false",
        "UNSIGNED, 64, -1,          true",
        "NONE,     8,  -9223372036854775808, true"
    })
    void value_forAFieldOfSoManyBits_fitsOrNot(Check check, int bits, long value, boolean fits) {
        assertThat(check.fits(value, bits)).isEqualTo(fits);
    }

    @Test
    void expression_ofAddresses_wrapsAround() {
        assertThat(Expression.S_PLUS_A.evaluate(-1, 2, 9)).isEqualTo(1);
        assertThat(Expression.S_PLUS_A_MINUS_P.evaluate(0, 0, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(Expression.NONE.evaluate(1, 2, 3)).isZero();
        assertThat(Expression.S_PLUS_A_MINUS_P.formula()).isEqualTo("S + A - P");
    }

    @Test
    void policy_ofTheKernelOrTheSupplement_choosesTheCheck() {
        RelocationRow row = RelocationRow.applied(2, Expression.S_PLUS_A, Field.word(32), Check.SIGNED, Place.ZERO)
                .withKernelCheck(Check.NONE);
        assertThat(row.check(RelocationPolicy.KERNEL)).isEqualTo(Check.NONE);
        assertThat(row.check(RelocationPolicy.PSABI)).isEqualTo(Check.SIGNED);
        assertThat(row.wantsZero(RelocationPolicy.KERNEL)).isTrue();
        assertThat(row.wantsZero(RelocationPolicy.PSABI)).isFalse();
        assertThat(row.refusal()).isEmpty();
        assertThat(RelocationRow.refused(3, "because").refusal()).contains("because");
    }
}
