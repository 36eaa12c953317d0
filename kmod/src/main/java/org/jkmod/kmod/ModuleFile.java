package org.jkmod.kmod;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
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

    /** What xz may use to decompress, in KiB: its highest preset wants 65 MiB. */
    private static final int XZ_MEMORY_KIB = 128 << 10;

    private ModuleFile() {}

    /**
     * Reads a module's bytes, decompressed.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException if it is damaged, or larger than {@link #MAX_SIZE}
     */
    public static byte[] read(Path file) throws IOException {
        return decompress(InputFile.read(file, MAX_SIZE, "a module of at most so many"), file.toString());
    }

    /**
     * Decompresses a module's bytes; those that are not compressed are given back as they are.
     *
     * @param name what to call the file in messages
     * @throws MalformedInputException if they are damaged, or make more than {@link #MAX_SIZE}, or far more than their own size
     */
    public static byte[] decompress(byte[] bytes, String name) {
        Optional<Compression> compression =
                Arrays.stream(Compression.values()).filter(c -> c.begins(bytes)).findFirst();
        if (compression.isEmpty()) {
            return bytes;
        }
        try (InputStream in = compression.get().open(new ByteArrayInputStream(bytes))) {
            int limit = limit(bytes.length);
            byte[] result = in.readNBytes(limit + 1);
            if (result.length > limit) {
                throw tooLarge(name, limit);
            }
            return result;
        } catch (IOException e) {
            // The bytes are in memory: only the decompressor can fail.
            throw new MalformedInputException(
                    name,
                    compression.get() + " stream",
                    0,
                    e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
                    "an undamaged file");
        }
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
                return new XZInputStream(in, XZ_MEMORY_KIB);
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
        return new MalformedInputException(
                name, "size", 0, "more than " + limit + " bytes", "a module of at most so many");
    }
}
