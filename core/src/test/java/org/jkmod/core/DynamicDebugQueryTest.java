package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expectations from lib/dynamic_debug.c of 6.1, 6.12 and 7.2. */
class DynamicDebugQueryTest {
    private static List<String> said(String queries, Generation generation) {
        KernelLog log = new KernelLog(() -> 0);
        DynamicDebugQuery.check(queries, log, generation);
        assertThat(log.lines()).allMatch(line -> line.level() == KernelLog.ERR);
        return log.lines().stream().map(KernelLog.Line::text).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "+p",
                "=_",
                "-pmflt",
                "file a.c +p; func f =p",
                "# comment\n+p",
                "+p # comment",
                "file a.c:1-9 +p",
                "file 'a b.c:f*' line 010- +p",
                "line 4-4 module m format \"x y\" class c +p",
                "line -5 +p",
                ";;+p;"
            })
    void query_thatIsRight_saysNothing(String query) {
        assertThat(said(query, Generation.LINUX_6_1)).isEmpty();
    }

    private record Case(String query, String wrong, String failed) {}

    private static Stream<Case> cases() {
        return Stream.of(
                new Case("p", "bad flag-op p, at start of p", "flags parse"),
                new Case("file a.c", "bad flag-op a, at start of a.c", "flags parse"),
                new Case("\"\"", "bad flag-op \0, at start of ", "flags parse"),
                new Case("+px", "unknown flag 'x'", "flags parse"),
                new Case("'file +p", "unclosed quote: file +p", "tokenize"),
                new Case("1 2 3 4 5 6 7 8 9 10", "too many words, legal max <=9", "tokenize"),
                new Case("file +p", "expecting pairs of match-spec <value>", "query parse"),
                new Case("files a.c +p", "unknown keyword \"files\"", "query parse"),
                new Case("file a file b +p", "match-spec:file val:a overridden by b", "query parse"),
                new Case("file a:1 file b +p", "match-spec:file val:a overridden by b", "query parse"),
                new Case("file a:f func g +p", "match-spec:func val:f overridden by g", "query parse"),
                new Case("file a:1 line 2 +p", "match-spec: line used 2x", "query parse"),
                new Case("line 0x10 +p", "bad line-number: 0x10", "query parse"),
                new Case("line 1-x +p", "bad line-number: x", "query parse"),
                new Case("line 4294967296 +p", "bad line-number: 4294967296", "query parse"),
                new Case("line 9-8 +p", "last-line:8 < 1st-line:9", "query parse"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void query_thatIsWrong_saysWhy(Case c) {
        assertThat(said(c.query(), Generation.LINUX_7_1))
                .containsExactly("dyndbg: " + c.wrong(), "dyndbg: " + c.failed() + " failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+s", "+d"})
    void flags_ofNewKernels_areUnknownToOldOnes(String query) {
        assertThat(said(query, Generation.LINUX_6_4)).isEmpty();
        assertThat(said(query, Generation.LINUX_6_1))
                .containsExactly("dyndbg: unknown flag '" + query.charAt(1) + "'", "dyndbg: flags parse failed");
    }
}
