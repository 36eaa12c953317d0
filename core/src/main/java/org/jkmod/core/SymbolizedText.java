package org.jkmod.core;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Text with symbols on its way to a stream. Symbols that occur again and again are made ready once. */
final class SymbolizedText {
    private static final int BUFFER = 1 << 16;
    private static final int CACHE_BITS = 12;
    /** Spreads numbers of symbols over the cache: 2^32 divided by the golden ratio. */
    private static final int SPREAD = 0x9e3779b9;

    private static final byte[] OFFSET = bytes("+0x");
    private static final byte[] SIZE = bytes("/0x");
    private static final byte[] MODULE = bytes(" [");
    private static final byte[] MODULE_END = bytes("]");
    private static final byte[] FILE = bytes(" ([");
    private static final byte[] FILE_END = bytes("])");
    private static final byte[] KERNEL_FILE = bytes(" ([kernel.kallsyms])");
    private static final byte[] DIGITS = bytes("0123456789abcdef");

    /** A symbol's name and its module's as they are printed. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares it
    private record Printed(SymbolArea area, int symbol, byte[] name, byte[] module) {}

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER];
    private final Printed[] cache = new Printed[1 << CACHE_BITS];
    private final byte[] hex = new byte[Long.SIZE / 4];
    private int length;

    SymbolizedText(OutputStream out) {
        this.out = out;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Writes text. */
    void write(byte[] bytes, int from, int to) throws IOException {
        int count = to - from;
        if (count > BUFFER - length) {
            drain();
        }
        if (count > BUFFER) {
            out.write(bytes, from, count);
        } else {
            System.arraycopy(bytes, from, buffer, length, count);
            length += count;
        }
    }

    private void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    private void drain() throws IOException {
        out.write(buffer, 0, length);
        length = 0;
    }

    /** Writes what is held back, and flushes the stream. */
    void flush() throws IOException {
        drain();
        out.flush();
    }

    /** Writes a symbol in the form of its line. */
    void symbol(AddressToken token, SymbolHit hit) throws IOException {
        Printed printed = printed(hit);
        write(printed.name());
        write(OFFSET);
        hex(hit.offset);
        if (!token.isUnknownToPerf()) {
            write(SIZE);
            hex(hit.size);
            if (printed.module().length > 0) {
                write(MODULE);
                write(printed.module());
                write(MODULE_END);
            }
        } else if (token.hasFile()) {
            file(token, printed);
        }
    }

    private void file(AddressToken token, Printed printed) throws IOException {
        if (printed.module().length > 0) {
            write(FILE);
            write(printed.module());
            write(FILE_END);
        } else if (token.isFileUnknown()) {
            write(KERNEL_FILE);
        } else {
            write(token.bytes(), token.fileStart(), token.replacedEnd());
        }
    }

    private Printed printed(SymbolHit hit) {
        int place = ((hit.symbol ^ System.identityHashCode(hit.area())) * SPREAD) >>> (Integer.SIZE - CACHE_BITS);
        Printed there = cache[place];
        if (there == null || there.area() != hit.area() || there.symbol() != hit.symbol) {
            SymbolArea area = hit.area();
            there = new Printed(area, hit.symbol, bytes(area.name(hit.symbol)), bytes(area.module()));
            cache[place] = there;
        }
        return there;
    }

    private void hex(long value) throws IOException {
        int first = hex.length;
        long rest = value;
        do {
            hex[--first] = DIGITS[(int) (rest & 0xf)];
            rest >>>= 4;
        } while (rest != 0);
        write(hex, first, hex.length);
    }
}
