package org.jkmod.kmod;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Decompresses the legacy frame of LZ4 (lz4_Frame_format.md, "Legacy frame"): a magic number, then blocks, each of up to 8 MiB
 * decompressed, with their compressed sizes before them. A block is a row of sequences (lz4_Block_format.md): a token, literals, and a
 * copy of earlier bytes; the last has literals only.
 */
final class Lz4InputStream extends InputStream {
    private static final int MAX_BLOCK = 8 << 20;
    private static final int MIN_MATCH = 4;
    private static final int MORE = 15;

    private final ByteBuffer in;
    private final byte[] block = new byte[MAX_BLOCK];
    private int at;
    private int end;

    Lz4InputStream(byte[] bytes) {
        in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(Integer.BYTES);
    }

    @Override
    public int read() throws IOException {
        return fill() ? block[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, end - at);
        System.arraycopy(block, at, target, offset, count);
        at += count;
        return count;
    }

    /** Makes sure that there are bytes, unless this is the end. */
    private boolean fill() throws IOException {
        while (at == end) {
            // What is left may be the size that the kernel's build appends.
            if (in.remaining() <= Integer.BYTES) {
                return false;
            }
            int size = in.getInt();
            if (size < 0 || size > in.remaining()) {
                throw new IOException("a block of " + Integer.toUnsignedString(size) + " bytes, of which "
                        + in.remaining() + " are there");
            }
            at = 0;
            end = 0;
            decode(in.position() + size);
        }
        return true;
    }

    private void decode(int limit) throws IOException {
        while (in.position() < limit) {
            int token = next(limit);
            int literals = length(token >> 4, limit);
            if (literals > limit - in.position() || literals > MAX_BLOCK - end) {
                throw new IOException("literals beyond the block");
            }
            in.get(block, end, literals);
            end += literals;
            if (in.position() == limit) {
                return;
            }
            int distance = next(limit) | (next(limit) << Byte.SIZE);
            int count = length(token & MORE, limit) + MIN_MATCH;
            if (distance == 0 || distance > end || count > MAX_BLOCK - end) {
                throw new IOException("a copy beyond the block");
            }
            // Source and target may overlap: byte by byte.
            for (int i = 0; i < count; i++) {
                block[end] = block[end - distance];
                end++;
            }
        }
    }

    private int length(int first, int limit) throws IOException {
        int length = first;
        int more = first == MORE ? 0xff : 0;
        while (more == 0xff) {
            more = next(limit);
            length += more;
            if (length > MAX_BLOCK) {
                throw new IOException("a length beyond the block");
            }
        }
        return length;
    }

    private int next(int limit) throws IOException {
        if (in.position() >= limit) {
            throw new IOException("a block ends too early");
        }
        return in.get() & 0xff;
    }
}
