package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PosixExpressionTest {
    private record Case(String expression, String text, boolean isMatch) {}

    /** As grep -E of GNU has it. */
    @Test
    void isIn_cases_areAsRegexSays() {
        for (Case c : List.of(
                new Case("", "", true),
                new Case("6\\.1", "5.6.12", true),
                new Case("6\\.1", "6x1", false),
                new Case("^6.1$", "6.1", true),
                new Case("^6.1$", "6.12", false),
                new Case("a|b|", "c", true),
                new Case("^(a|bc)+$", "abcbca", true),
                new Case("^(a|bc)+$", "abcb", false),
                new Case("^a{2,3}$", "aaa", true),
                new Case("^a{2,3}$", "aaaa", false),
                new Case("^a{2,}b$", "aaaaab", true),
                new Case("^a{,2}$", "aaa", false),
                new Case("^(a|aa){4}$", "aaaaaaa", true),
                new Case("^(a|aa){4}$", "aaa", false),
                new Case("^(a?){9}$", "aaaaaaaaa", true),
                new Case("^(a?){9}$", "aaaaaaaaaa", false),
                new Case("^[]x-]+$", "x]-", true),
                new Case("^[^]x]$", "]", false),
                new Case("^[\\.]$", "\\", true),
                new Case("^[[:digit:]_b-d]+$", "7_c", true),
                new Case("^[[:digit:]_b-d]+$", "a", false),
                new Case("^[^[:alpha:]]$", "1", true),
                new Case("a)", "a)", true),
                new Case("x*", "", true))) {
            assertThat(PosixExpression.compile(c.expression()).isIn(c.text()))
                    .as(c.toString())
                    .isEqualTo(c.isMatch());
        }
    }

    @Test
    void compile_whatIsNone_isRefused() {
        for (String bad :
                List.of("[", "(", "*a", "a{", "a{2,1}", "a{99999}", "a\\", "[z-a]", "[[:no:]]", "{1}", "[]")) {
            assertThatThrownBy(() -> PosixExpression.compile(bad)).as(bad).isInstanceOf(PatternSyntaxException.class);
        }
        assertThatThrownBy(() -> PosixExpression.compile("(".repeat(4000))).isInstanceOf(PatternSyntaxException.class);
        assertThatThrownBy(() -> PosixExpression.compile("a".repeat(5000))).isInstanceOf(PatternSyntaxException.class);
    }

    @Test
    @Timeout(10)
    void isIn_whatHasManyWaysToMatch_isSoonKnown() {
        String release = "1" + ".1".repeat(36);
        assertThat(PosixExpression.compile("(([0-9.]*)*)*z").isIn(release)).isFalse();
        assertThat(PosixExpression.compile("(^|^)".repeat(60) + "(()|$|)*z").isIn(release))
                .isFalse();
        PosixExpression costly = PosixExpression.compile("((((^{99}){99}){99}){99})");
        assertThatThrownBy(() -> costly.isIn(release + release)).isInstanceOf(PosixExpression.TooCostlyException.class);
    }
}
