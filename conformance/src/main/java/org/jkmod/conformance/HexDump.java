package org.jkmod.conformance;

import java.nio.ByteBuffer;

/** Bytes as people read them. */
final class HexDump {
    /** How many bytes are in a row. */
    static final int ROW = 16;

    private HexDump() {}

    /**
     * Rows of a dump: offset, bytes.
     *
     * @param rows the offsets where they begin
     */
    static String of(ByteBuffer bytes, int[] rows) {
        StringBuilder text = new StringBuilder();
        for (int row : rows) {
            text.append(String.format("%06x ", row));
            for (int i = row; i < Math.min(row + ROW, bytes.limit()); i++) {
                text.append(String.format(" %02x", bytes.get(i)));
            }
            text.append('\n');
        }
        return text.toString();
    }
}
