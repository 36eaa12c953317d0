package org.jkmod.elf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;

/**
 * A file that is read as a whole, but only up to a limit, since it can be larger than the memory. Pipes and devices are not read: one
 * can be without an end, or without a writer.
 */
public final class InputFile {
    /** The longest array that every Java virtual machine can make. */
    private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

    private static final int FIRST_BUFFER = 1 << 16;

    /** How much is read at once: what the JVM copies on its way from the system to the array is still in the processor's cache then. */
    private static final int STEP = 1 << 17;

    private static final Pattern DESCRIPTOR = Pattern.compile("/dev/stdin|/(dev|proc/self)/fd/[0-9]+");

    private InputFile() {}

    /**
     * What a file says.
     *
     * @param bytes what begins with it
     * @param size its length in bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Contents(byte[] bytes, int size) {}

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
        long claimed = readable(file).size();
        Contents contents = read(file, claimed, byte[]::new, limit, expected);
        return contents.size == contents.bytes.length ? contents.bytes : Arrays.copyOf(contents.bytes, contents.size);
    }

    /**
     * Reads a regular file into an array that may have been used for another: for readers of thousands of files, whose arrays would be
     * most of the memory that they use.
     *
     * @param room gives an array of at least as many bytes as it is told, which are those that the file claims to have; it is asked once.
     *     The result is in another array if the file has more. What follows the {@link Contents#size} bytes is what was in the array
     * @param limit as in {@link #read(Path, int, String)}
     * @param expected as in {@link #read(Path, int, String)}
     * @throws IOException as {@link #read(Path, int, String)}, and if it is anything but a regular file
     * @throws MalformedInputException as {@link #read(Path, int, String)}
     */
    public static Contents readRegular(Path file, IntFunction<byte[]> room, int limit, String expected)
            throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            String reason = attributes.isDirectory() ? "Is a directory" : "Not a regular file";
            throw new FileSystemException(file.toString(), null, reason);
        }
        return read(file, attributes.size(), room, limit, expected);
    }

    private static Contents read(Path file, long claimed, IntFunction<byte[]> room, int limit, String expected)
            throws IOException {
        if (claimed > limit) {
            throw tooLarge(file, limit, expected);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = room.apply((int) claimed);
            int size = 0;
            while (true) {
                if (size == bytes.length) {
                    // a file that has no more than it claims needs no room for what comes behind it
                    int next = in.read();
                    if (next < 0) {
                        return new Contents(bytes, size);
                    }
                    if (size == limit) {
                        throw tooLarge(file, limit, expected);
                    }
                    bytes = Arrays.copyOf(bytes, (int) Math.min(limit + 1L, Math.max(FIRST_BUFFER, size * 2L)));
                    bytes[size++] = (byte) next;
                }
                int read = in.read(bytes, size, Math.min(STEP, bytes.length - size));
                size += Math.max(0, read);
                if (size > limit) {
                    throw tooLarge(file, limit, expected);
                }
                if (read <= 0) {
                    return new Contents(bytes, size);
                }
            }
        }
    }

    /**
     * Checks that reading a file comes to an end: before it is opened, for to open a pipe is to wait.
     *
     * @throws IOException if there is none, or it is neither a regular file nor one of the exceptions of {@link #read}
     */
    public static void requireReadable(Path file) throws IOException {
        readable(file);
    }

    private static BasicFileAttributes readable(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            // or else reading it fails with a message that does not name it
            throw new FileSystemException(file.toString(), null, "Is a directory");
        }
        if (attributes.isOther() && !isDescriptor(file) && !isNull(file)) {
            throw new FileSystemException(file.toString(), null, "Not a regular file");
        }
        return attributes;
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
