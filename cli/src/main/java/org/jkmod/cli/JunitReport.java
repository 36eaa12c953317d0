package org.jkmod.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jkmod.core.Problem;
import org.jkmod.core.Verdict;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.CheckMatrix.Row;

/**
 * JUnit XML, as servers of continuous integration read it: a suite a kernel, in it a case a file. Rows come by file, so that each
 * suite's cases are kept in a file of their own until the end.
 */
final class JunitReport implements CheckReport, AutoCloseable {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

    private final Path file;
    private final Map<String, Suite> suites = new LinkedHashMap<>();
    private final List<Row> unreadable = new ArrayList<>();

    /** The cases of a kernel. */
    private static final class Suite {
        private final String name;
        private final Path cases;
        private final OutputStream out;
        private final XMLStreamWriter xml;
        private int tests;
        private int failures;
        private int errors;

        Suite(String name) throws IOException, XMLStreamException {
            this.name = name;
            cases = Files.createTempFile("jkmod-", ".xml");
            out = new BufferedOutputStream(Files.newOutputStream(cases));
            xml = FACTORY.createXMLStreamWriter(out, StandardCharsets.UTF_8.name());
        }
    }

    /** Reports to a file, which is written at the end. */
    JunitReport(Path file) {
        this.file = file;
    }

    @Override
    public void add(Row row) throws IOException {
        if (row.fault().isPresent()) {
            unreadable.add(row);
        }
        int position = 0;
        for (Verdict verdict : row.verdicts()) {
            // two profiles may be of one release
            String key = row.verdicts().size() > 1 ? String.valueOf(position++) : verdict.architecture();
            try {
                Suite suite = suites.get(key);
                if (suite == null) {
                    suite = new Suite(verdict.release() + " (" + verdict.architecture() + ")");
                    suites.put(key, suite);
                }
                add(suite, row, verdict);
            } catch (XMLStreamException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    private static void add(Suite suite, Row row, Verdict verdict) throws XMLStreamException {
        suite.tests++;
        begin(suite.xml, suite.name, row);
        if (!verdict.loads()) {
            suite.failures++;
            Problem why = verdict.problems().stream()
                    .filter(p -> p.errno().equals(verdict.errno()))
                    .findFirst()
                    .orElse(null);
            suite.xml.writeStartElement("failure");
            suite.xml.writeAttribute("type", why == null ? "" : why.kind().name());
            suite.xml.writeAttribute(
                    "message",
                    valid(CheckReport.errno(verdict.errno()) + ": "
                            + (why == null ? "" : why.message().isEmpty() ? why.meaning() : why.message())));
            suite.xml.writeCharacters(text(verdict));
            suite.xml.writeEndElement();
        }
        suite.xml.writeEndElement();
        suite.xml.writeCharacters("\n");
    }

    private static void begin(XMLStreamWriter xml, String kernel, Row row) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", valid(kernel));
        xml.writeAttribute("name", valid(row.file().toString()));
    }

    /** What the kernel would print, then the problems, as {@link CheckText} has them. */
    private static String text(Verdict verdict) {
        StringBuilder text = new StringBuilder("\n");
        verdict.messages()
                .forEach(message -> text.append(CheckReport.shown(message)).append('\n'));
        for (Problem problem : verdict.problems()) {
            text.append(CheckReport.headline(problem, problem.message())).append('\n');
            text.append("  ").append(valid(problem.meaning())).append('\n');
            text.append("  -> ").append(valid(problem.remedy())).append('\n');
        }
        return text.toString();
    }

    /** In a line, with the characters that XML does not have as {@code \}{@code ufffe}. */
    private static String valid(String text) {
        StringBuilder valid = new StringBuilder(text.length());
        PrintableText.of(text).codePoints().forEach(c -> {
            if ((c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) || c == 0xfffe || c == 0xffff) {
                valid.append(String.format("\\u%04x", c));
            } else {
                valid.appendCodePoint(c);
            }
        });
        return valid.toString();
    }

    @Override
    public void end() throws IOException {
        for (Suite suite : suites.values()) {
            suite.errors = unreadable.size();
            suite.tests += unreadable.size();
        }
        OutputFile.write(file, out -> {
            try {
                write(out);
            } catch (XMLStreamException e) {
                throw new IOException(e.getMessage(), e);
            }
        });
    }

    private void write(OutputStream out) throws IOException, XMLStreamException {
        XMLStreamWriter xml = FACTORY.createXMLStreamWriter(out, StandardCharsets.UTF_8.name());
        xml.writeStartDocument(StandardCharsets.UTF_8.name(), "1.0");
        xml.writeStartElement("testsuites");
        for (Suite suite : suites.values()) {
            writeSuite(xml, suite.name, suite.tests, suite.failures, suite.errors);
            suite.xml.flush();
            suite.out.flush();
            xml.flush();
            Files.copy(suite.cases, out);
            writeUnreadable(xml, suite.name);
            xml.writeEndElement();
        }
        if (suites.isEmpty()) {
            writeSuite(xml, "no kernel", unreadable.size(), 0, unreadable.size());
            writeUnreadable(xml, "no kernel");
            xml.writeEndElement();
        }
        xml.writeEndElement();
        xml.writeEndDocument();
        xml.flush();
    }

    private static void writeSuite(XMLStreamWriter xml, String name, int tests, int failures, int errors)
            throws XMLStreamException {
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", valid(name));
        xml.writeAttribute("tests", String.valueOf(tests));
        xml.writeAttribute("failures", String.valueOf(failures));
        xml.writeAttribute("errors", String.valueOf(errors));
        xml.writeCharacters("\n"); // closes the tag
    }

    private void writeUnreadable(XMLStreamWriter xml, String kernel) throws XMLStreamException {
        for (Row row : unreadable) {
            begin(xml, kernel, row);
            xml.writeStartElement("error");
            xml.writeAttribute("message", valid(CheckReport.fault(row)));
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeCharacters("\n");
        }
    }

    /** Removes the cases' files. */
    @Override
    public void close() throws IOException {
        for (Suite suite : suites.values()) {
            suite.out.close();
            Files.deleteIfExists(suite.cases);
        }
    }
}
