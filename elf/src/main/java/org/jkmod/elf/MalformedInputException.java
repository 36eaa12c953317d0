package org.jkmod.elf;

import java.io.Serial;
import java.util.Objects;

/**
 * A file does not say what its format requires: the one exception that every reader of jkmod throws for bad input.
 *
 * <p>It says where the fault is and what would have been right, so that a person can find the byte without a debugger. Its message
 * is one line: control characters in it are written as {@code \x0a}; the accessors give the parts as they were. It is
 * unchecked because a reader is lazy: any accessor may be the first to look at the bytes that are wrong.
 */
public final class MalformedInputException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String file;
    private final String place;
    private final long offset;
    private final String found;
    private final String expected;

    /**
     * Describes one fault.
     *
     * @param file the file's name as the caller gave it
     * @param place what was read, in the format's own words: {@code e_shoff}, {@code section 7 (.text) sh_size}, {@code line}
     *     (for text formats, whose messages then say {@code line 42})
     * @param offset where in the file: a byte offset for binary formats, the line number (from 1) for text formats
     * @param found what stood there
     * @param expected what the format allows there
     */
    public MalformedInputException(String file, String place, long offset, String found, String expected) {
        super(PrintableText.of(file + ": " + at(place, offset) + ": found " + found + ", expected " + expected));
        this.file = Objects.requireNonNull(file);
        this.place = Objects.requireNonNull(place);
        this.offset = offset;
        this.found = Objects.requireNonNull(found);
        this.expected = Objects.requireNonNull(expected);
    }

    private static String at(String place, long offset) {
        return place.equals("line") ? "line " + offset : place + " at 0x" + Long.toHexString(offset);
    }

    /** The file's name as the caller gave it. */
    public String file() {
        return file;
    }

    /** What was read, in the format's own words. */
    public String place() {
        return place;
    }

    /** Where in the file: a byte offset for binary formats, the line number (from 1) for text formats. */
    public long offset() {
        return offset;
    }

    /** What stood there. */
    public String found() {
        return found;
    }

    /** What the format allows there. */
    public String expected() {
        return expected;
    }
}
