package org.jkmod.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Text that modprobe takes from files and gives as it is: the library's strings of it have a character a byte (ISO 8859-1). */
final class ByteStrings {
    private ByteStrings() {}

    /** The bytes of an argument. */
    static String of(String argument) {
        return new String(argument.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** What a person or a program reads. */
    static String text(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Prints bytes. */
    static void print(PrintStream to, String bytes) {
        byte[] all = bytes.getBytes(StandardCharsets.ISO_8859_1);
        to.write(all, 0, all.length);
    }
}
