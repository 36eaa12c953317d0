package org.jkmod.cli;

import java.io.PrintStream;
import org.jkmod.core.Problem;
import org.jkmod.core.Verdict;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.CheckMatrix.Row;

/** A verdict with all that belongs to it, to be read by a person. */
final class CheckText implements CheckReport {
    private final PrintStream out;

    CheckText(PrintStream out) {
        this.out = out;
    }

    @Override
    public void add(Row row) {
        for (Verdict verdict : row.verdicts()) {
            out.println(PrintableText.of(row.file() + ": ") + CheckReport.headline(verdict));
            verdict.messages().forEach(message -> out.println("    " + CheckReport.shown(message)));
            for (Problem problem : verdict.problems()) {
                out.println("  " + CheckReport.headline(problem, problem.message()));
                out.println("    " + PrintableText.of(problem.meaning()));
                out.println("    -> " + PrintableText.of(problem.remedy()));
            }
            verdict.unknown().forEach(fact -> out.println("  not known: " + PrintableText.of(fact)));
        }
    }

    @Override
    public void end() {
        // all is told
    }
}
