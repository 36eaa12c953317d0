package org.jkmod.kmod;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * A module's bytes. Of a plain file only those are read that somebody wants, and what is next to them; a compressed one is
 * decompressed as a whole. For one thread.
 */
final class ModuleBytes implements Closeable {
    /** How much of a file's beginning is read at once: its header, and the notes that linkers put behind it. */
    private static final int HEAD = 512;

    /** No part of a module that is asked for is larger, in bytes; a sparse file may claim anything. */
    static final int MAX_PART = 1 << 24;

    /** How the place of a part that is larger begins, in messages. */
    static final String TOO_LARGE = "size of ";

    private final String name;
    private final @Nullable RandomAccessFile plain;
    private final long size;
    /** All of it, or the beginning. */
    private final byte[] head;

    private final Scratch scratch;
    private long windowAt;
    private int windowSize;

    /** Memory for one module after the other; for one thread. */
    static final class Scratch {
        private byte[] window = new byte[1 << 14];
    }

    private ModuleBytes(String name, @Nullable RandomAccessFile plain, long size, byte[] head, Scratch scratch) {
        this.name = name;
        this.plain = plain;
        this.size = size;
        this.head = head;
        this.scratch = scratch;
    }

    /** Bytes in memory, decompressed if they are compressed. */
    static ModuleBytes of(byte[] bytes, String name) {
        byte[] decompressed = ModuleFile.decompress(bytes, name);
        return new ModuleBytes(name, null, decompressed.length, decompressed, new Scratch());
    }

    /**
     * Opens a file.
     *
     * @param scratch must not be in use with another file
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is compressed, and damaged or too large
     */
    static ModuleBytes open(Path file, Scratch scratch) throws IOException {
        if (file.getFileSystem() != FileSystems.getDefault()) {
            return of(ModuleFile.read(file), file.toString());
        }
        // Thousands of them are opened with less ado than channels are.
        if (!file.toFile().isFile()) {
            InputFile.requireReadable(file);
        }
        RandomAccessFile plain = openPlain(file);
        boolean isOpened = false;
        try {
            long size = plain.length();
            byte[] head = new byte[(int) Math.min(HEAD, size)];
            ModuleBytes opened = new ModuleBytes(file.toString(), plain, size, head, scratch);
            opened.fill(head, head.length, 0);
            if (ModuleFile.isCompressed(head, head.length)) {
                return of(ModuleFile.read(file), file.toString());
            }
            isOpened = true;
            return opened;
        } finally {
            if (!isOpened) {
                plain.close();
            }
        }
    }

    private static RandomAccessFile openPlain(Path file) throws IOException {
        try {
            return new RandomAccessFile(file.toFile(), "r");
        } catch (FileNotFoundException e) {
            // This one tells why.
            Files.newInputStream(file).close();
            throw e;
        }
    }

    /** What the file is called in messages. */
    String name() {
        return name;
    }

    /** How many bytes there are, decompressed. */
    long size() {
        return size;
    }

    /** Whether some bytes are there. */
    boolean has(long at, long length) {
        return at >= 0 && length >= 0 && at <= size && length <= size - at;
    }

    /** Reads a range at once, of which parts are going to be asked for. */
    void expect(long from, long to) throws IOException {
        if (plain != null && to - from <= MAX_PART) {
            int wanted = (int) (to - from);
            if (scratch.window.length < wanted) {
                scratch.window = new byte[wanted];
            }
            windowSize = 0;
            fill(scratch.window, wanted, from);
            windowAt = from;
            windowSize = wanted;
        }
    }

    /**
     * Some bytes, which must not be changed.
     *
     * @param what they are, for the message
     * @throws MalformedInputException if they are not all there, or too many
     */
    Slice slice(long at, long length, String what) throws IOException {
        if (!has(at, length)) {
            throw new MalformedInputException(
                    name, what, at, length + " bytes", "a part of the file's " + size + " bytes");
        }
        if (length > MAX_PART) {
            throw new MalformedInputException(name, TOO_LARGE + what, at, length + " bytes", "at most " + MAX_PART);
        }
        int count = (int) length;
        if (at + count <= head.length) {
            return new Slice(head, (int) at, count);
        }
        if (at >= windowAt && at + count <= windowAt + windowSize) {
            return new Slice(scratch.window, (int) (at - windowAt), count);
        }
        byte[] read = new byte[count];
        fill(read, count, at);
        return new Slice(read, 0, count);
    }

    /** A copy of some bytes; else as {@link #slice}, whose bytes are others once the next file is read. */
    byte[] copy(long at, long length, String what) throws IOException {
        Slice slice = slice(at, length, what);
        return Arrays.copyOfRange(slice.bytes, slice.from, slice.to());
    }

    /** A part of an array. */
    static final class Slice {
        private final byte[] bytes;
        private final int from;
        private final int size;

        Slice(byte[] bytes, int from, int size) {
            this.bytes = bytes;
            this.from = from;
            this.size = size;
        }

        /** The array. */
        byte[] bytes() {
            return bytes;
        }

        /** Where in the array it begins. */
        int from() {
            return from;
        }

        /** Where in the array it ends. */
        int to() {
            return from + size;
        }

        int size() {
            return size;
        }

        /** One of its bytes. */
        byte at(int index) {
            return bytes[from + index];
        }
    }

    private void fill(byte[] bytes, int count, long at) throws IOException {
        if (plain == null) {
            return;
        }
        int filled = 0;
        plain.seek(at);
        while (filled < count) {
            int read = plain.read(bytes, filled, count - filled);
            if (read < 0) {
                throw new MalformedInputException(
                        name, "size", at + filled, "the end of the file", size + " bytes, as it had before");
            }
            filled += read;
        }
    }

    @Override
    public void close() throws IOException {
        if (plain != null) {
            plain.close();
        }
    }
}
