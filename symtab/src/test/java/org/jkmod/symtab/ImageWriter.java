package org.jkmod.symtab;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes the tables of a kernel's symbols and exports into an image, as scripts/kallsyms.c and modpost lay them out. */
final class ImageWriter {
    /** Where the tables of kallsyms are, and how offsets are meant. */
    enum Layout {
        V6_1,
        V6_1_PER_CPU,
        /** As older kernels, which have no {@code kallsyms_seqs_of_names}. */
        WITHOUT_SEQUENCES,
        V6_12,
        V7_2
    }

    /** A symbol: its name begins with its type. */
    record Symbol(long address, String name) {}

    /** An export. */
    record Export(String name, int crc, boolean gplOnly, String namespace) {}

    static final long BASE = 0xffffffff80000000L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Code, which looks like nothing. */
    ImageWriter code(int size) {
        for (int i = 0; i < size; i++) {
            out.write(0x90 + i % 7);
        }
        return this;
    }

    /** The tables of all symbols. */
    ImageWriter kallsyms(Layout layout, List<Symbol> symbols) {
        int alignment = layout == Layout.V7_2 ? 4 : 8;
        boolean inFront = layout.compareTo(Layout.V6_12) < 0;
        if (inFront) {
            offsets(layout, symbols, alignment);
        }
        align(alignment);
        u32(symbols.size());
        align(alignment);
        List<Integer> markers = names(symbols);
        align(alignment);
        markers.forEach(this::u32);
        align(alignment);
        if (inFront && layout != Layout.WITHOUT_SEQUENCES) {
            sequences(symbols.size());
            align(alignment);
        }
        tokens(alignment);
        if (!inFront) {
            align(alignment);
            offsets(layout, symbols, alignment);
            align(alignment);
            sequences(symbols.size());
        }
        return this;
    }

    private void offsets(Layout layout, List<Symbol> symbols, int alignment) {
        align(alignment);
        for (Symbol symbol : symbols) {
            long distance = symbol.address() - BASE;
            u32((int)
                    switch (layout) {
                        case V6_1_PER_CPU -> symbol.address() >= 0 ? symbol.address() : -1 - distance;
                        case V7_2 -> distance - out.size();
                        default -> distance;
                    });
        }
        align(alignment);
        if (layout != Layout.V7_2) {
            u64(BASE);
        }
    }

    private List<Integer> names(List<Symbol> symbols) {
        List<Integer> markers = new ArrayList<>();
        int start = out.size();
        for (int i = 0; i < symbols.size(); i++) {
            if (i % 256 == 0) {
                markers.add(out.size() - start);
            }
            byte[] compressed = compressed(symbols.get(i).name());
            if (compressed.length < 0x80) {
                out.write(compressed.length);
            } else {
                out.write(0x80 | (compressed.length & 0x7f));
                out.write(compressed.length >> 7);
            }
            out.writeBytes(compressed);
        }
        return markers;
    }

    /** Token 0x80 + c is "c_", all others are the character itself. */
    private static byte[] compressed(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < name.length(); i++) {
            if (i + 1 < name.length() && name.charAt(i + 1) == '_') {
                bytes.write(0x80 + name.charAt(i));
                i++;
            } else {
                bytes.write(name.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    private void tokens(int alignment) {
        int start = out.size();
        int[] index = new int[256];
        for (int i = 0; i < index.length; i++) {
            index[i] = out.size() - start;
            // NUL is in no name
            String token = i % 0x80 == 0 ? "?" : (char) (i & 0x7f) + (i < 0x80 ? "" : "_");
            out.writeBytes(token.getBytes(StandardCharsets.ISO_8859_1));
            out.write(0);
        }
        align(alignment);
        for (int i : index) {
            out.write(i);
            out.write(i >> 8);
        }
    }

    private void sequences(int count) {
        for (int i = 0; i < count; i++) {
            out.write(0);
            out.write(i >> 8);
            out.write(i);
        }
    }

    /**
     * The tables of exports.
     *
     * @param relative whether entries are distances, or addresses
     * @param flags whether there is one table with flags, or two
     */
    ImageWriter exports(List<Export> exports, boolean relative, boolean flags, boolean crcs) {
        align(8);
        List<Export> sorted = exports.stream()
                .sorted((a, b) -> !flags && a.gplOnly() != b.gplOnly()
                        ? Boolean.compare(a.gplOnly(), b.gplOnly())
                        : a.name().compareTo(b.name()))
                .toList();
        int tables = sorted.size() * ((relative ? 12 : 24) + (crcs ? 4 : 0) + (flags ? 1 : 0));
        int strings = out.size() + tables;
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (Export export : sorted) {
            int name = strings + text.size();
            text.writeBytes((export.name() + "\0" + export.namespace() + "\0").getBytes(StandardCharsets.ISO_8859_1));
            int namespace = name + export.name().length() + 1;
            for (int target : new int[] {0, name, namespace}) {
                if (relative) {
                    u32(target - out.size());
                } else {
                    u64(BASE + target);
                }
            }
        }
        if (crcs) {
            sorted.forEach(export -> u32(export.crc()));
        }
        if (flags) {
            sorted.forEach(export -> out.write(export.gplOnly() ? 1 : 0));
        }
        out.writeBytes(text.toByteArray());
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void align(int alignment) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
    }

    private void u32(int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private void u64(long value) {
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
