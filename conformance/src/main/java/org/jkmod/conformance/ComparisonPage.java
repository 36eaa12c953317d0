package org.jkmod.conformance;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Comparisons as a page: counts by kernel and check, and every difference with both sides. */
final class ComparisonPage {
    private static final String STYLE = """
            body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 78em; padding: 0 1em; color: #222; background: #fff }
            table { border-collapse: collapse; margin: .5em 0 1.5em }
            th, td { border-bottom: 1px solid #ddd; padding: .2em .8em; text-align: left; vertical-align: top }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
            .bad { background: #fde2e0 } .good { background: #e4f5e4 }
            pre { margin: 0; font-size: 12px } mark { background: #ffb3ab }
            """;

    private final StringBuilder page = new StringBuilder();

    private ComparisonPage() {}

    /** The page. */
    static String of(List<RecordingComparison> comparisons) {
        ComparisonPage page = new ComparisonPage();
        page.write(comparisons);
        return page.page.toString();
    }

    private void write(List<RecordingComparison> comparisons) {
        page.append(
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>jkmod and real kernels</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n<h1>jkmod and real kernels</h1>\n");
        page.append("<table>\n<tr><th>kernel<th class=n>modules<th>check<th class=n>compared<th class=n>equal"
                + "<th class=n>explained<th class=n>different\n");
        comparisons.forEach(this::writeSummary);
        page.append("</table>\n");
        comparisons.forEach(this::writeKernel);
        page.append("</html>\n");
    }

    private void writeSummary(RecordingComparison comparison) {
        Map<String, Tally> checks = new TreeMap<>();
        for (Tally tally : comparison.tallies()) {
            checks.merge(
                    tally.check(),
                    new Tally(tally.check(), "all", tally.compared(), tally.explained(), tally.different()),
                    Tally::plus);
        }
        for (Tally tally : checks.values()) {
            page.append("<tr><td>").append(escaped(comparison.release()));
            number(comparison.modules());
            page.append("<td>").append(escaped(tally.check()));
            numbers(tally);
        }
    }

    private void writeKernel(RecordingComparison comparison) {
        page.append("<h2>").append(escaped(comparison.release())).append("</h2>\n<p>");
        page.append(escaped(comparison.folder())).append("</p>\n");
        if (!comparison.simulated()) {
            page.append("<p>No profile of the kernel: /proc/modules and /proc/kallsyms were not compared.</p>\n");
        }
        page.append(
                "<details><summary>counts</summary>\n<table>\n<tr><th>check<th>what<th class=n>compared<th class=n>equal"
                        + "<th class=n>explained<th class=n>different\n");
        for (Tally tally : comparison.tallies()) {
            page.append("<tr><td>")
                    .append(escaped(tally.check()))
                    .append("<td>")
                    .append(escaped(tally.what()));
            numbers(tally);
        }
        page.append("</table>\n</details>\n");
        if (comparison.differences().isEmpty()) {
            page.append("<p class=good>No difference.</p>\n");
            return;
        }
        page.append("<table>\n<tr><th>check<th>module<th>place<th>jkmod<th>kernel<th>relocations there\n");
        comparison.differences().forEach(this::writeDifference);
        page.append("</table>\n");
    }

    private void writeDifference(Difference difference) {
        page.append("<tr><td>").append(escaped(difference.check()));
        page.append("<td>").append(escaped(difference.module()));
        page.append("<td>").append(escaped(difference.place()));
        page.append("<td><pre>")
                .append(marked(difference.ours(), difference.theirs()))
                .append("</pre>");
        page.append("<td><pre>")
                .append(marked(difference.theirs(), difference.ours()))
                .append("</pre>");
        page.append("<td><pre>")
                .append(escaped(String.join("\n", difference.cause())))
                .append("</pre>\n");
    }

    /** Words that are not the other side's are marked; dumps of both sides have the same words in the same places. */
    private static String marked(String text, String other) {
        String[] words = text.split("(?<=[ \n])", -1);
        String[] others = other.split("(?<=[ \n])", -1);
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < words.length; i++) {
            boolean same = words.length == others.length && words[i].equals(others[i]);
            String word = escaped(words[i]);
            html.append(same || words.length == 1 ? word : "<mark>" + word.stripTrailing() + "</mark>" + blank(word));
        }
        return html.toString();
    }

    private static String blank(String word) {
        return word.substring(word.stripTrailing().length());
    }

    private void numbers(Tally tally) {
        number(tally.compared());
        number(tally.equal());
        number(tally.explained());
        page.append(tally.different() == 0 ? "<td class=\"n good\">" : "<td class=\"n bad\">")
                .append(String.format("%,d", tally.different()))
                .append('\n');
    }

    private void number(long number) {
        page.append("<td class=n>").append(String.format("%,d", number));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
