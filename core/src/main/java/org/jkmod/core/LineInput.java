package org.jkmod.core;

import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;

/** The lines of a stream, in a buffer that is used again. */
final class LineInput {
    /** The longest line that is one; of a longer one, each piece of so many bytes. */
    static final int MAX_LINE = 1 << 18;

    private final InputStream in;
    private final Flushable beforeWaiting;
    private final byte[] buffer = new byte[MAX_LINE];
    private int at;
    private int filled;
    private int from;
    private int to;
    private long number;
    private boolean isWhole = true;

    /**
     * Begins.
     *
     * @param beforeWaiting what to flush before a read that may have to wait
     */
    LineInput(InputStream in, Flushable beforeWaiting) {
        this.in = in;
        this.beforeWaiting = beforeWaiting;
    }

    /** Goes to the next line, or piece of one; says whether there is one. */
    boolean next() throws IOException {
        number += isWhole ? 1 : 0;
        boolean wasWhole = isWhole;
        from = at;
        int scanned = at;
        while (true) {
            int newline = scanned;
            while (newline < filled && buffer[newline] != '\n') {
                newline++;
            }
            if (newline < filled) {
                to = newline;
                at = newline + 1;
                isWhole = true;
                isPlain = wasWhole;
                return true;
            }
            scanned = filled - from;
            boolean full = from == 0 && filled == buffer.length;
            if (full || !fill()) {
                to = filled;
                at = filled;
                isWhole = false;
                isPlain = wasWhole && !full;
                return to > from;
            }
        }
    }

    private boolean isPlain;

    /** Moves what is left to the buffer's beginning, and reads more; says whether there was more. */
    private boolean fill() throws IOException {
        System.arraycopy(buffer, from, buffer, 0, filled - from);
        filled -= from;
        from = 0;
        if (in.available() <= 0) {
            beforeWaiting.flush();
        }
        int read = in.read(buffer, filled, buffer.length - filled);
        filled += Math.max(read, 0);
        return read > 0;
    }

    byte[] bytes() {
        return buffer;
    }

    /** Where the line begins. */
    int from() {
        return from;
    }

    /** Where it ends, before the newline. */
    int to() {
        return to;
    }

    /** Whether a newline ends it: the last line may have none, and of a line in pieces only the last piece has. */
    boolean hasNewline() {
        return isWhole;
    }

    /** Whether it is all of a line. */
    boolean isLine() {
        return isPlain;
    }

    /** The line's number, from 1. */
    long number() {
        return number;
    }
}
