package org.jkmod.symtab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/** The bytes of a text file with a row a line, and the words for what is wrong with one of them. */
final class TextFile {
    /** Ten times what the largest kernel's files have, so that /dev/zero is an error and not the end of the process. */
    static final int MAX_SIZE = 1 << 28;

    private static final int MAX_QUOTE = 120;

    private final String name;
    private final byte[] bytes;

    /**
     * A file that is in memory.
     *
     * @param bytes what it says; the end of the file ends its last line, too
     * @param name the name for messages
     */
    TextFile(byte[] bytes, String name) {
        this.name = name;
        boolean whole = bytes.length == 0 || bytes[bytes.length - 1] == '\n';
        this.bytes = whole ? bytes : Arrays.copyOf(bytes, bytes.length + 1);
        if (!whole) {
            this.bytes[bytes.length] = '\n';
        }
    }

    /**
     * Reads a file that may not know its size (those in /proc have none), up to a limit.
     *
     * @throws MalformedInputException if it has more than {@link #MAX_SIZE} bytes
     */
    static TextFile read(Path path) throws IOException {
        return read(path, MAX_SIZE);
    }

    static TextFile read(Path path, int limit) throws IOException {
        return new TextFile(InputFile.read(path, limit, "a list of symbols"), path.toString());
    }

    /** The bytes, the last one of which is a newline: a loop that stops there needs no other end. */
    byte[] bytes() {
        return bytes;
    }

    /** How many rows there can be, if none is shorter than {@code minimum} bytes with its newline. */
    int maxRows(int minimum) {
        int lines = 0;
        for (byte b : bytes) {
            if (b == '\n') {
                lines++;
            }
        }
        return Math.min(lines, bytes.length / minimum + 1);
    }

    /**
     * The exception for a line that the format does not allow.
     *
     * @param row the line's number, from 0
     * @param start index of its first byte
     * @param expected what would have been right
     */
    MalformedInputException malformed(int row, int start, String expected) {
        int end = start;
        while (bytes[end] != '\n') {
            end++;
        }
        return malformed(row, quote(bytes, start, end), expected);
    }

    /**
     * The exception for a line that the format does not allow.
     *
     * @param row the line's number, from 0
     */
    MalformedInputException malformed(int row, String found, String expected) {
        return new MalformedInputException(name, "line", row + 1L, found, expected);
    }

    /** Bytes as a person can read them, however many and whatever they are. */
    static String quote(byte[] bytes, int from, int to) {
        StringBuilder quote = new StringBuilder().append('"');
        int end = to - from > MAX_QUOTE ? from + MAX_QUOTE : to;
        for (int at = from; at < end; at++) {
            byte b = bytes[at];
            if (b == '\t') {
                quote.append("\\t");
            } else if (b == '"' || b == '\\') {
                quote.append('\\').append((char) b);
            } else if (b >= ' ' && b < 0x7F) {
                quote.append((char) b);
            } else {
                quote.append("\\x")
                        .append(Character.forDigit((b >> 4) & 0xF, 16))
                        .append(Character.forDigit(b & 0xF, 16));
            }
        }
        quote.append('"');
        return end == to
                ? quote.toString()
                : quote.append("... of ").append(to - from).append(" bytes").toString();
    }

    /** The value of a hexadecimal digit, or -1 for another byte. */
    static int hexDigit(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }
}
