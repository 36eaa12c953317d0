package org.jkmod.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.Errno;
import org.jkmod.core.Problem;
import org.jkmod.core.Verdict;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.CheckMatrix.Row;
import org.jkmod.kmod.ModuleTree;

/**
 * A table, files down and kernels across, and below it the problems, those that are the same together. Of the problems only so much is
 * kept as is shown: a matrix may have millions.
 */
final class CheckTable implements CheckReport {
    /** A table is told what its kernels are called only up to this width; a wider one numbers them. */
    private static final int MAX_WIDTH = 100;

    private static final int MAX_GROUPS = 20_000;
    private static final int MAX_SHOWN = 30;
    private static final int MAX_EXAMPLES = 3;

    private final PrintStream out;
    private final Map<String, Integer> kernels = new LinkedHashMap<>();
    private final List<Line> lines = new ArrayList<>();
    private final Map<Key, Group> groups = new LinkedHashMap<>();
    private final Map<String, Integer> unknown = new LinkedHashMap<>();
    private long others;
    private int loaded;
    private int verdicts;
    private int unreadable;

    /** A file and its cells by the kernels' numbers. */
    private record Line(String file, Map<Integer, String> cells) {}

    /** What makes problems the same: the kernel's message is, but for the module's name. */
    private record Key(Problem.Kind kind, Optional<Errno> errno, String message) {}

    /** Problems that are the same. */
    private static final class Group {
        private final Problem first;
        private int count;
        private final List<String> examples = new ArrayList<>();

        Group(Problem first) {
            this.first = first;
        }
    }

    CheckTable(PrintStream out) {
        this.out = out;
    }

    @Override
    public void add(Row row) {
        Map<Integer, String> cells = new LinkedHashMap<>();
        int position = 0;
        for (Verdict verdict : row.verdicts()) {
            verdicts++;
            loaded += verdict.loads() ? 1 : 0;
            // two profiles may be of one release
            String name = verdict.release() + (row.verdicts().size() > 1 ? "\0" + position : "");
            position++;
            int kernel = kernels.computeIfAbsent(name, n -> kernels.size() + 1);
            cells.put(kernel, verdict.loads() ? "ok" : CheckReport.errno(verdict.errno()));
            for (Problem problem : verdict.problems()) {
                add(problem, row, verdict);
            }
            verdict.unknown().forEach(fact -> unknown.merge(verdict.release() + ": " + fact, 1, Integer::sum));
        }
        unreadable += row.fault().isPresent() ? 1 : 0;
        lines.add(new Line(PrintableText.of(row.file().toString()), cells));
    }

    private void add(Problem problem, Row row, Verdict verdict) {
        String file = String.valueOf(row.file().getFileName());
        String prefix = ModuleTree.moduleName(file) + ": ";
        String message =
                problem.message().startsWith(prefix) ? problem.message().substring(prefix.length()) : problem.message();
        Key key = new Key(problem.kind(), problem.errno(), message);
        Group group = groups.get(key);
        if (group == null) {
            if (groups.size() == MAX_GROUPS) {
                others++;
                return;
            }
            group = new Group(problem);
            groups.put(key, group);
        }
        group.count++;
        if (group.examples.size() < MAX_EXAMPLES) {
            group.examples.add(PrintableText.of(file) + " on " + verdict.release());
        }
    }

    @Override
    public void end() {
        printTable();
        printGroups();
        unknown.forEach(
                (fact, count) -> out.println("not known of " + PrintableText.of(fact) + " (" + count + " times)"));
        out.println(lines.size() + " files, " + kernels.size() + " kernels: " + loaded + " of " + verdicts + " load"
                + (unreadable == 0 ? "" : "; " + unreadable + " files could not be read"));
    }

    private void printTable() {
        List<String> names = new ArrayList<>();
        kernels.keySet().forEach(name -> names.add(name.replaceFirst("\0.*", "")));
        int fileWidth =
                lines.stream().mapToInt(line -> line.file().length()).max().orElse(0);
        int namesWidth = names.stream().mapToInt(name -> name.length() + 2).sum();
        boolean numbered = names.size() > 1 && fileWidth + namesWidth > MAX_WIDTH;
        List<String> heads = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            heads.add(numbered ? String.valueOf(i + 1) : names.get(i));
            if (numbered) {
                out.println(i + 1 + ": " + names.get(i));
            }
        }
        if (numbered) {
            out.println();
        }
        int width = Math.max(
                lines.stream()
                        .flatMap(line -> line.cells().values().stream())
                        .mapToInt(String::length)
                        .max()
                        .orElse(0),
                heads.stream().mapToInt(String::length).max().orElse(0));
        out.println(line("file", fileWidth, heads, width));
        for (Line line : lines) {
            List<String> cells = new ArrayList<>();
            for (int i = 1; i <= names.size(); i++) {
                cells.add(line.cells().getOrDefault(i, line.cells().isEmpty() ? "?" : "-"));
            }
            out.println(line(line.file(), fileWidth, cells, width));
        }
    }

    private static String line(String file, int fileWidth, List<String> cells, int width) {
        StringBuilder line = new StringBuilder(file).append(" ".repeat(fileWidth - Math.min(fileWidth, file.length())));
        for (String cell : cells) {
            line.append("  ").append(cell).append(" ".repeat(width - cell.length()));
        }
        return line.toString().stripTrailing();
    }

    private void printGroups() {
        List<Map.Entry<Key, Group>> sorted = new ArrayList<>(groups.entrySet());
        sorted.sort(Comparator.comparingInt(entry -> -entry.getValue().count));
        for (Map.Entry<Key, Group> entry : sorted.subList(0, Math.min(MAX_SHOWN, sorted.size()))) {
            Group group = entry.getValue();
            out.println();
            out.println(CheckReport.headline(group.first, entry.getKey().message()));
            out.println("    " + PrintableText.of(group.first.meaning()));
            out.println("    -> " + PrintableText.of(group.first.remedy()));
            int more = group.count - group.examples.size();
            out.println("    " + String.join(", ", group.examples) + (more == 0 ? "" : ", and " + more + " more"));
        }
        long left = others
                + sorted.stream()
                        .skip(MAX_SHOWN)
                        .mapToLong(entry -> entry.getValue().count)
                        .sum();
        if (left > 0) {
            out.println();
            out.println(left + " more problems; --json tells them all");
        }
        out.println();
    }
}
