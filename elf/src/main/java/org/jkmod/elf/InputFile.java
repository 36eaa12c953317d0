package org.jkmod.elf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A file that is read as a whole, but only up to a limit: a file can be a device without an end, or larger than the memory. */
public final class InputFile {
    /** The longest array that every Java virtual machine can make. */
    private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

    private static final int FIRST_BUFFER = 1 << 16;

    private InputFile() {}

    /**
     * Reads a file, which need not know its size: those in /proc have none.
     *
     * @param limit how many bytes it may have; below 2<sup>31</sup> - 9
     * @param expected what it should be, for the message: {@code a kernel profile}
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it has more bytes; of a regular file, none is read then
     */
    public static byte[] read(Path file, int limit, String expected) throws IOException {
        if (limit < 0 || limit >= MAX_LENGTH) {
            throw new IllegalArgumentException("limit " + limit);
        }
        if (Files.isDirectory(file)) {
            // or else reading it fails with a message that does not name it
            throw new FileSystemException(file.toString(), null, "Is a directory");
        }
        long claimed = Files.size(file);
        if (claimed > limit) {
            throw tooLarge(file, limit, expected);
        }
        try (InputStream in = Files.newInputStream(file)) {
            // One byte more than the file has: the read that fills no more is the one that meets its end.
            byte[] bytes = new byte[(int) Math.min(limit, Math.max(FIRST_BUFFER, claimed)) + 1];
            int size = 0;
            for (int read; (read = in.read(bytes, size, bytes.length - size)) > 0; ) {
                size += read;
                if (size > limit) {
                    throw tooLarge(file, limit, expected);
                }
                if (size == bytes.length) {
                    bytes = Arrays.copyOf(bytes, (int) Math.min(limit + 1L, size * 2L));
                }
            }
            return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
        }
    }

    private static MalformedInputException tooLarge(Path file, int limit, String expected) {
        return new MalformedInputException(file.toString(), "size", 0, "more than " + limit + " bytes", expected);
    }
}
