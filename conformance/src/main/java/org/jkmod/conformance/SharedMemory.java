package org.jkmod.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;

/**
 * What the init of a recorded kernel left in the memory that it shared with the machine outside; {@code conformance/init/init.c} says in what
 * form. Immutable.
 */
final class SharedMemory {
    private static final long MAGIC = 0x636572646f6d6b6aL;
    private static final int ENTRIES = 4096;
    private static final int HEADER = 32;
    private static final int MAX_NAME = 4096;

    private final String file;
    private final ByteBuffer bytes;
    private final Map<String, ByteBuffer> entries = new LinkedHashMap<>();

    private SharedMemory(String file, ByteBuffer bytes) {
        this.file = file;
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads it.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if an entry was not written as it should be
     */
    static SharedMemory read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return parse(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()), file.toString());
        }
    }

    /** As {@link #read}. */
    static SharedMemory parse(ByteBuffer bytes, String file) {
        SharedMemory memory = new SharedMemory(file, bytes);
        memory.readEntries();
        return memory;
    }

    private void readEntries() {
        int at = ENTRIES;
        while (at <= bytes.limit() - HEADER && bytes.getLong(at) == MAGIC) {
            long nameLength = bytes.getLong(at + 8);
            long length = bytes.getLong(at + 16);
            if (nameLength < 0 || nameLength > MAX_NAME || length < 0 || length > bytes.limit()) {
                throw new MalformedInputException(
                        file, "entry", at, "lengths " + nameLength + " and " + length, "those of an entry");
            }
            long data = at + HEADER + padded(nameLength);
            if (data + length > bytes.limit()) {
                throw new MalformedInputException(file, "entry", at, "an end at " + (data + length), "one in the file");
            }
            String name = StandardCharsets.UTF_8
                    .decode(bytes.slice(at + HEADER, (int) nameLength))
                    .toString();
            ByteBuffer content = bytes.slice((int) data, (int) length);
            CRC32 crc = new CRC32();
            crc.update(content.duplicate());
            if (crc.getValue() != bytes.getLong(at + 24)) {
                throw new MalformedInputException(
                        file,
                        "entry " + PrintableText.of(name),
                        at,
                        "bytes with the CRC " + Long.toHexString(crc.getValue()),
                        Long.toHexString(bytes.getLong(at + 24)));
            }
            entries.put(name, content);
            at = (int) Math.min(data + padded(length), bytes.limit());
        }
    }

    private static long padded(long length) {
        return (length + 7) & -8;
    }

    /** Whether all of the plan was done. */
    boolean isComplete() {
        return bytes.limit() >= Long.BYTES && bytes.getLong(0) == -1;
    }

    /** The number of the plan's line that was being done, from 1 on. */
    long position() {
        return bytes.getLong(0);
    }

    /** What was kept, by name, in the order in which it was. */
    Map<String, ByteBuffer> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** What was kept under a name. */
    byte[] bytes(String name) throws IOException {
        ByteBuffer content = entries.get(name);
        if (content == null) {
            throw new IOException(file + " has no " + name);
        }
        byte[] copy = new byte[content.limit()];
        content.get(0, copy);
        return copy;
    }
}
