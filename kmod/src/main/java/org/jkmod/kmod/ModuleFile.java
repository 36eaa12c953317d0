package org.jkmod.kmod;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.XZInputStream;

/** A module's file as it lies in a tree: plain, or compressed with gzip, xz or zstd. What it is, its first bytes say, not its name. */
public final class ModuleFile {
    /** The endings of a module's file name. */
    static final List<String> SUFFIXES = List.of(".ko", ".ko.gz", ".ko.xz", ".ko.zst");

    /** The largest module that is read, in bytes. The largest in Debian's kernels has 40 million; a few kilobytes can claim to be terabytes. */
    public static final int MAX_SIZE = 1 << 27;

    /** A compressed file may be this small a part of its module... */
    private static final int MAX_RATIO = 256;

    /** ... or make up to this many bytes, in any case. Debian's test_bpf, of five million, is 110 times its file. */
    private static final int MIN_LIMIT = 64 << 20;

    private static final List<Compression> COMPRESSIONS = List.of(Compression.values());

    /** What xz may use to decompress, in KiB: its highest preset wants 65 MiB. */
    private static final int XZ_MEMORY_KIB = 128 << 10;

    /** What a file should be, for messages. */
    static final String EXPECTED = "a module of at most so many";

    private ModuleFile() {}

    /**
     * Reads a module's bytes, decompressed.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException if it is damaged, or larger than {@link #MAX_SIZE}
     */
    public static byte[] read(Path file) throws IOException {
        // only a regular one, as finit_module(2); to read a pipe could wait for ever
        InputFile.Contents read = InputFile.readRegular(file, byte[]::new, MAX_SIZE, EXPECTED);
        byte[] bytes = read.bytes();
        return decompress(read.size() == bytes.length ? bytes : Arrays.copyOf(bytes, read.size()), file.toString());
    }

    /**
     * Decompresses a module's bytes; those that are not compressed are given back as they are.
     *
     * @param name what to call the file in messages
     * @throws MalformedInputException if they are damaged, or make more than {@link #MAX_SIZE}, or far more than their own size
     */
    public static byte[] decompress(byte[] bytes, String name) {
        Compression compression = compression(bytes);
        if (compression == null) {
            return bytes;
        }
        long guess = Math.max(zstdSize(bytes, bytes.length), 4L * bytes.length);
        try (Room room = new Room((int) Math.min(limit(bytes.length), guess))) {
            int size = decompress(bytes, bytes.length, name, room);
            return size == room.bytes.length ? room.bytes : Arrays.copyOf(room.bytes, size);
        }
    }

    /** Room for one module after another, and what decompressing them needs. Not safe for threads. */
    static final class Room implements AutoCloseable {
        private byte[] bytes;
        /** Made when it is needed first: a hundred kilobytes outside of the heap, which the system would clear for every file. */
        private @Nullable ZstdDecompressCtx zstd;

        Room(int size) {
            bytes = new byte[size];
        }

        /** What was put in last begins here; another array once something did not fit. */
        byte[] bytes() {
            return bytes;
        }

        private void grow(long needed) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_SIZE + 1L, needed + needed / 4));
        }

        private ZstdDecompressCtx zstd() {
            ZstdDecompressCtx known = zstd;
            if (known == null) {
                known = new ZstdDecompressCtx();
                zstd = known;
            }
            return known;
        }

        /** What was put in stays. */
        @Override
        public void close() {
            ZstdDecompressCtx known = zstd;
            zstd = null;
            if (known != null) {
                known.close();
            }
        }
    }

    /**
     * Decompresses a module.
     *
     * @param bytes compressed
     * @param length how many of them, from the first on
     * @param room where to
     * @return the module's size
     * @throws MalformedInputException as above, or if they are not compressed
     */
    static int decompress(byte[] bytes, int length, String name, Room room) {
        Compression compression = compression(bytes);
        if (compression == null) {
            throw new MalformedInputException(name, "magic number", 0, "another one", "that of gzip, xz or zstd");
        }
        int limit = limit(length);
        long zstdSize = zstdSize(bytes, length);
        if (zstdSize > room.bytes.length && zstdSize <= limit) {
            room.grow(zstdSize);
        }
        boolean known = zstdSize > 0 && zstdSize <= Math.min(limit, room.bytes.length);
        int size = known ? zstd(bytes, length, (int) zstdSize, room) : 0;
        if (size > 0) {
            return size;
        }
        try (InputStream in = compression.open(new ByteArrayInputStream(bytes, 0, length))) {
            for (int read; (read = in.read(room.bytes, size, room.bytes.length - size)) >= 0; ) {
                size += read;
                if (size > limit) {
                    throw tooLarge(name, limit);
                }
                if (size == room.bytes.length) {
                    room.grow(size + 1L);
                }
            }
            return size;
        } catch (IOException e) {
            // The bytes are in memory: only the decompressor can fail.
            MalformedInputException damaged = new MalformedInputException(
                    name,
                    compression + " stream",
                    0,
                    e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
                    "an undamaged file");
            damaged.initCause(e);
            throw damaged;
        }
    }

    /** How large what a zstd file holds says that it is; 0 if it does not, or the file is none. */
    private static long zstdSize(byte[] bytes, int length) {
        return Compression.ZSTD.begins(bytes) ? Math.max(0, Zstd.getFrameContentSize(bytes, 0, length)) : 0;
    }

    /**
     * Decompresses a zstd file of one frame that says its size, in one step.
     *
     * @return that size; 0 if the file is damaged, or has more than one frame: then its stream says what is in it
     */
    private static int zstd(byte[] bytes, int length, int size, Room room) {
        try {
            int made = room.zstd().decompressByteArray(room.bytes, 0, size, bytes, 0, length);
            return made == size ? size : 0;
        } catch (ZstdException e) {
            return 0;
        }
    }

    /** Whether so many first bytes of a file are those of a compressed one. */
    static boolean isCompressed(byte[] head, int length) {
        if (length < 6) {
            return false;
        }
        return compression(head) != null;
    }

    /** Whether these are the first bytes of a compressed file. */
    static boolean isCompressed(byte[] head) {
        return compression(head) != null;
    }

    private static @Nullable Compression compression(byte[] head) {
        for (Compression compression : COMPRESSIONS) {
            if (compression.begins(head)) {
                return compression;
            }
        }
        return null;
    }

    /** Whether a file begins as one that was compressed in a way: {@code GZIP}, {@code XZ}, {@code ZSTD}. */
    static boolean isCompressed(byte[] bytes, String way) {
        return Compression.valueOf(way).begins(bytes);
    }

    /** How a module may be compressed, each by its magic number. */
    private enum Compression {
        GZIP(0x1f, 0x8b) {
            @Override
            InputStream open(InputStream in) throws IOException {
                return new GZIPInputStream(in, 1 << 16);
            }
        },
        XZ(0xfd, '7', 'z', 'X', 'Z', 0) {
            @Override
            InputStream open(InputStream in) throws IOException {
                // Its dictionaries have megabytes, and can be used again.
                return new XZInputStream(in, XZ_MEMORY_KIB, true, BasicArrayCache.getInstance());
            }
        },
        ZSTD(0x28, 0xb5, 0x2f, 0xfd) {
            @Override
            InputStream open(InputStream in) throws IOException {
                return new ZstdInputStream(in);
            }
        };

        private final int[] magic;

        Compression(int... magic) {
            this.magic = magic;
        }

        abstract InputStream open(InputStream in) throws IOException;

        boolean begins(byte[] bytes) {
            for (int i = 0; i < magic.length; i++) {
                if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    /** How many bytes a compressed file may make. */
    static int limit(int compressedSize) {
        return (int) Math.min(MAX_SIZE, Math.max(MIN_LIMIT, (long) MAX_RATIO * compressedSize));
    }

    private static MalformedInputException tooLarge(String name, int limit) {
        return new MalformedInputException(name, "size", 0, "more than " + limit + " bytes", EXPECTED);
    }
}
