package org.jkmod.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegressionsTest {
    @TempDir
    Path folder;

    private static ResultFile file(Row... rows) {
        return new ResultFile("2026-01-01T00:00:00Z", "0123456", Map.of("cpu", "any"), "any", false, List.of(rows));
    }

    private static Row row(String name, double... pairs) {
        Samples samples = new Samples();
        for (int i = 0; i < pairs.length; i += 2) {
            samples.add("ours", pairs[i]);
            samples.add("theirs", pairs[i + 1]);
        }
        return samples.row(name, "s", "ours", "theirs", Goal.ratio(1));
    }

    @Test
    void of_ratioSixteenPercentHigher_isNamed() {
        List<String> lines = Regressions.of(file(row("a", 1, 1)), file(row("a", 2.32, 2)));

        assertThat(lines)
                .containsExactly("REGRESSION name=a ratio=1.160 spread=1.160..1.160 before=1.000 spread=1.000..1.000"
                        + " commit=0123456");
    }

    @Test
    void of_ratioFifteenPercentHigherOrNew_isNotNamed() {
        ResultFile before = file(row("a", 1, 1), row("gone", 1, 1));

        assertThat(Regressions.of(before, file(row("a", 1.149, 1), row("new", 9, 1))))
                .isEmpty();
    }

    @Test
    void unpaired_ofWhatOnlyOneHas_areItsNames() {
        ResultFile before = file(row("a", 1, 1), row("gone", 1, 1));

        assertThat(Regressions.unpaired(before, file(row("a", 9, 1), row("new", 9, 1))))
                .containsExactly("gone", "new");
        assertThat(Regressions.unpaired(before, before)).isEmpty();
    }

    @Test
    void row_severalRuns_hasMedianOfRatiosOfPairs() {
        Row row = row("a", 1, 2, 3, 4, 8, 2);

        assertThat(row.line())
                .isEqualTo("RESULT name=a unit=s value=3.000 baseline=theirs:2.000 ratio=0.750 spread=0.500..4.000"
                        + " runs=3 goal=ratio<=1.00 met=yes");
    }

    @Test
    void write_read_givesTheSame() throws IOException {
        ResultFile written = file(row("a", 1, 2, 3, 4));
        Path path = folder.resolve("results/a.json");

        written.write(path);

        assertThat(ResultFile.read(path)).isEqualTo(written);
    }
}
