package org.jkmod.kmod;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/**
 * How a kernel may be compressed, each by its magic number. The kernel's build appends the size of what was compressed, 4 bytes, to all
 * but gzip; so what follows the compressed data must be left alone.
 */
enum KernelCompression {
    GZIP(0x1f, 0x8b) {
        @Override
        InputStream open(byte[] bytes) throws IOException {
            return new GZIPInputStream(new ByteArrayInputStream(bytes), 1 << 16);
        }
    },
    XZ(0xfd, '7', 'z', 'X', 'Z', 0) {
        @Override
        InputStream open(byte[] bytes) throws IOException {
            return new SingleXZInputStream(new ByteArrayInputStream(bytes), MEMORY_KIB);
        }
    },
    LZMA(0x5d, 0, 0) {
        @Override
        InputStream open(byte[] bytes) throws IOException {
            return new LZMAInputStream(new ByteArrayInputStream(bytes), MEMORY_KIB);
        }
    },
    ZSTD(0x28, 0xb5, 0x2f, 0xfd) {
        @Override
        InputStream open(byte[] bytes) throws IOException {
            try {
                long size = Zstd.findFrameCompressedSize(bytes);
                return new ZstdInputStream(new ByteArrayInputStream(bytes, 0, (int) size));
            } catch (ZstdException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    },
    BZIP2('B', 'Z', 'h') {
        @Override
        InputStream open(byte[] bytes) throws IOException {
            return new BZip2CompressorInputStream(new ByteArrayInputStream(bytes));
        }
    },
    /** The older form of LZ4, which the kernel uses. */
    LZ4(0x02, 0x21, 0x4c, 0x18) {
        @Override
        InputStream open(byte[] bytes) {
            return new Lz4InputStream(bytes);
        }
    };

    /** What xz may use to decompress, in KiB: the kernel's build has dictionaries of up to 128 MiB. */
    private static final int MEMORY_KIB = 160 << 10;

    private final int[] magic;

    KernelCompression(int... magic) {
        this.magic = magic;
    }

    /** What begins so; empty if it is not compressed. */
    static Optional<KernelCompression> of(byte[] bytes) {
        return Arrays.stream(values()).filter(c -> c.begins(bytes)).findFirst();
    }

    /** The decompressed bytes. */
    abstract InputStream open(byte[] bytes) throws IOException;

    private boolean begins(byte[] bytes) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
