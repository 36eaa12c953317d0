package org.jkmod.elf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A file that is read as a whole, but only up to a limit, since it can be larger than the memory. Pipes and devices are not read: one
 * can be without an end, or without a writer.
 */
public final class InputFile {
    /** The longest array that every Java virtual machine can make. */
    private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

    private static final int FIRST_BUFFER = 1 << 16;

    private static final Pattern DESCRIPTOR = Pattern.compile("/dev/stdin|/(dev|proc/self)/fd/[0-9]+");

    private InputFile() {}

    /**
     * Reads a file, which need not know its size: those in /proc have none.
     *
     * @param limit how many bytes it may have; below 2<sup>31</sup> - 9
     * @param expected what it should be, for the message: {@code a kernel profile}
     * @throws IOException if it cannot be read, or is no regular file; but {@code /dev/null} is empty, and descriptors of this process,
     *     as {@code /dev/stdin} and {@code /dev/fd/3}, are read whatever they are
     * @throws MalformedInputException if it has more bytes; of a regular file, none is read then
     */
    public static byte[] read(Path file, int limit, String expected) throws IOException {
        if (limit < 0 || limit >= MAX_LENGTH) {
            throw new IllegalArgumentException("limit " + limit);
        }
        requireReadable(file);
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

    /**
     * Checks that reading a file comes to an end: before it is opened, for to open a pipe is to wait.
     *
     * @throws IOException if there is none, or it is neither a regular file nor one of the exceptions of {@link #read}
     */
    public static void requireReadable(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            // or else reading it fails with a message that does not name it
            throw new FileSystemException(file.toString(), null, "Is a directory");
        }
        if (attributes.isOther() && !isDescriptor(file) && !isNull(file)) {
            throw new FileSystemException(file.toString(), null, "Not a regular file");
        }
    }

    /** Only by its own path: a link to one, in a tree that is read, is not what the user asked for. */
    private static boolean isDescriptor(Path file) {
        return DESCRIPTOR.matcher(file.toAbsolutePath().normalize().toString()).matches();
    }

    /** By its number, since a root file system has its own; links to it are how files of a configuration are hidden. */
    private static boolean isNull(Path file) throws IOException {
        if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return false;
        }
        Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,rdev");
        return attributes.get("mode") instanceof Integer mode
                && (mode & 0xf000) == 0x2000
                && attributes.get("rdev") instanceof Long device
                && device == 0x103;
    }

    private static MalformedInputException tooLarge(Path file, int limit, String expected) {
        return new MalformedInputException(file.toString(), "size", 0, "more than " + limit + " bytes", expected);
    }
}
