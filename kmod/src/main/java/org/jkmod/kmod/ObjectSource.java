package org.jkmod.kmod;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a module's file that are asked for, in a buffer that serves for many files: of an uncompressed file nothing else is
 * read. Not safe for threads.
 */
final class ObjectSource implements AutoCloseable {
    /** Enough for the header of an ELF file, and to see how a file is compressed. */
    private static final int HEAD = 64;

    /** What is read so far, or all of a compressed file. */
    byte[] bytes = new byte[1 << 18];

    private byte[] buffer = bytes;
    /** A compressed file, as it is. */
    private byte[] packed = new byte[0];

    private final ModuleFile.Room room = new ModuleFile.Room(1 << 18);
    private int used;
    private boolean whole;
    private String name = "";

    /** The size of the file, decompressed. */
    long size;

    private @Nullable RandomAccessFile file;

    /**
     * Opens a file, and reads its head, to the begin of {@link #bytes}.
     *
     * @throws IOException if it cannot be read, or is no regular file
     * @throws MalformedInputException if it is compressed and damaged, or too large
     */
    void open(String path) throws IOException {
        closeFile();
        name = path;
        File opened = new File(path);
        // A pipe would be waited for.
        if (!opened.isFile()) {
            throw new NoSuchFileException(path);
        }
        bytes = buffer;
        whole = false;
        used = 0;
        RandomAccessFile in = new RandomAccessFile(opened, "r");
        file = in;
        size = in.length();
        if (size > ModuleFile.MAX_SIZE) {
            throw new MalformedInputException(
                    path, "size", 0, size + " bytes", "a module of at most " + ModuleFile.MAX_SIZE);
        }
        int head = (int) Math.min(HEAD, size);
        in.readFully(bytes, 0, head);
        used = head;
        if (ModuleFile.isCompressed(bytes, head)) {
            int length = (int) size;
            if (length > packed.length) {
                packed = new byte[length + length / 4];
            }
            in.seek(0);
            in.readFully(packed, 0, length);
            closeFile();
            decompress(packed, length);
        }
    }

    /** Takes bytes in place of a file's. */
    void open(byte[] contents, String path) {
        name = path;
        if (ModuleFile.isCompressed(contents, contents.length)) {
            decompress(contents, contents.length);
        } else {
            whole = true;
            bytes = contents;
            size = contents.length;
        }
    }

    private void decompress(byte[] contents, int length) {
        whole = true;
        size = ModuleFile.decompress(contents, length, name, room);
        bytes = room.bytes();
    }

    /** Before another one is opened. */
    void closeFile() throws IOException {
        RandomAccessFile in = file;
        file = null;
        if (in != null) {
            in.close();
        }
    }

    /** When no other file will be. */
    @Override
    public void close() throws IOException {
        room.close();
        closeFile();
    }

    /**
     * Makes a part of the file available.
     *
     * @return where it is in {@link #bytes}, until the next file is opened
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is not inside of the file, or more is asked for than the file has
     */
    int load(long offset, long length, String what) throws IOException {
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw malformed(what, offset, Long.toUnsignedString(length) + " bytes", "inside of " + size + " bytes");
        }
        RandomAccessFile in = file;
        if (whole || in == null) {
            return (int) offset;
        }
        // Parts of a file that is none of a kernel could lie over each other.
        if (used + length > size + HEAD) {
            throw malformed(what, offset, length + " bytes", "parts that do not overlap");
        }
        int at = used;
        if (length > buffer.length - used) {
            buffer = Arrays.copyOf(buffer, (int) Math.max(buffer.length * 2L, used + length));
            bytes = buffer;
        }
        in.seek(offset);
        in.readFully(buffer, at, (int) length);
        used += (int) length;
        return at;
    }

    MalformedInputException malformed(String what, long offset, String found, String expected) {
        return new MalformedInputException(name, what, offset, found, expected);
    }
}
