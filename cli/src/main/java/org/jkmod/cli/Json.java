package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.util.Locale;

/** Output for programs. */
final class Json {
    /** Writes a value. */
    interface Value {
        /** Writes it to a writer that stands before it. */
        void write(JsonWriter json) throws IOException;
    }

    private Json() {}

    /** Prints a value, indented, and a newline. */
    static void print(PrintStream out, Value value) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.setIndent("  ");
            value.write(json);
        } catch (IOException e) {
            throw new IllegalStateException(e); // It writes to memory.
        }
        out.println(text);
    }

    /** An address as a JSON value: numbers of JSON programs have 53 bits. */
    static String address(long address) {
        return String.format(Locale.ROOT, "0x%016x", address);
    }
}
