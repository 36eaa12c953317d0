package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.file.Path;
import org.jkmod.core.Problem;
import org.jkmod.core.Taint;
import org.jkmod.core.Verdict;
import org.jkmod.kmod.CheckMatrix.Row;

/** An object a line for each file and kernel; of a file that cannot be read, one, with no kernel. */
final class CheckJson implements CheckReport {
    private final PrintStream out;

    CheckJson(PrintStream out) {
        this.out = out;
    }

    @Override
    public void add(Row row) throws IOException {
        for (Verdict verdict : row.verdicts()) {
            print(json -> write(json, row.file(), verdict));
        }
        if (row.fault().isPresent()) {
            print(json -> writeFault(json, row));
        }
    }

    @Override
    public void end() {
        // all is told
    }

    private void print(Json.Value value) throws IOException {
        StringWriter line = new StringWriter();
        value.write(new JsonWriter(line));
        out.println(line);
    }

    private static void write(JsonWriter to, Path file, Verdict verdict) throws IOException {
        to.beginObject();
        to.name("file").value(file.toString());
        to.name("release").value(verdict.release().text());
        to.name("arch").value(verdict.architecture());
        to.name("loads").value(verdict.loads());
        to.name("errno").value(CheckReport.errno(verdict.errno()));
        to.name("messages").beginArray();
        for (String message : verdict.messages()) {
            to.value(CheckReport.shown(message));
        }
        to.endArray();
        to.name("taints").beginArray();
        for (Taint taint : verdict.taints()) {
            to.value(String.valueOf(taint.letter()));
        }
        to.endArray();
        to.name("problems").beginArray();
        for (Problem problem : verdict.problems()) {
            to.beginObject();
            to.name("kind").value(problem.kind().name());
            to.name("errno").value(CheckReport.errno(problem.errno()));
            to.name("message").value(CheckReport.shown(problem.message()));
            to.name("meaning").value(problem.meaning());
            to.name("remedy").value(problem.remedy());
            to.endObject();
        }
        to.endArray();
        to.name("tainted").value(verdict.tainted());
        to.name("unknown").beginArray();
        for (String fact : verdict.unknown()) {
            to.value(fact);
        }
        to.endArray();
        to.endObject();
    }

    /** No kernel has seen it: there is neither release nor errno. */
    private static void writeFault(JsonWriter to, Row row) throws IOException {
        to.beginObject();
        to.name("file").value(row.file().toString());
        to.name("release").value("");
        to.name("arch").value("");
        to.name("loads").value(false);
        to.name("errno").value("");
        to.name("messages").beginArray().endArray();
        to.name("taints").beginArray().endArray();
        to.name("problems").beginArray().beginObject();
        to.name("kind").value("UNREADABLE");
        to.name("errno").value("");
        to.name("message").value("");
        to.name("meaning").value(CheckReport.fault(row));
        to.name("remedy").value("give a file that is whole, and may be read");
        to.endObject().endArray();
        to.name("tainted").value(0);
        to.name("unknown").beginArray().endArray();
        to.endObject();
    }
}
