package org.jkmod.cli;

import java.io.IOException;
import java.util.stream.Collectors;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelLog;
import org.jkmod.core.Problem;
import org.jkmod.core.Verdict;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.CheckMatrix.Row;

/** How {@code jkmod check} tells what came of the files: as text, as a table, as JSON, as JUnit XML. */
interface CheckReport {
    /** Tells a row. */
    void add(Row row) throws IOException;

    /** There are no more rows. */
    void end() throws IOException;

    /** What the kernel prints, as /dev/kmsg shows it. */
    static String shown(String message) {
        return new KernelLog.Line(0, 0, message).escaped();
    }

    /** The name of an error number, or OK. */
    static String errno(java.util.Optional<Errno> errno) {
        return errno.map(Errno::name).orElse("OK");
    }

    /** A problem's first line: what rule, what becomes of it, and what the kernel prints. */
    static String headline(Problem problem, String message) {
        return problem.kind() + " (" + problem.errno().map(Errno::name).orElse("goes on") + ")"
                + (message.isEmpty() ? "" : ": " + shown(message));
    }

    /** The verdict in a line, without the file. */
    static String headline(Verdict verdict) {
        String taints = verdict.taints().isEmpty()
                ? ""
                : " (taints: "
                        + verdict.taints().stream()
                                .map(t -> String.valueOf(t.letter()))
                                .collect(Collectors.joining(" "))
                        + " = " + verdict.tainted() + ")";
        return verdict.errno()
                .map(e -> "does not load into " + verdict.release() + ": " + e + " (" + e.description() + ")" + taints)
                .orElse("loads into " + verdict.release() + taints);
    }

    /** Why a file could not be read, in a line that names it. */
    static String fault(Row row) {
        Exception e = row.fault().orElseThrow();
        String message = e instanceof MalformedInputException || !(e instanceof IOException io)
                ? String.valueOf(e.getMessage())
                : Failure.message(io);
        return PrintableText.of(message.startsWith(row.file().toString()) ? message : row.file() + ": " + message);
    }
}
