package org.jkmod.symtab;

/** Numbers below 2<sup>24</sup>, three bytes each. */
final class Int24Array {
    private static final int BYTES = 3;

    private final byte[] bytes;
    private final int length;

    Int24Array(int length) {
        this(new byte[length * BYTES]);
    }

    /** Those in some bytes, the lowest first; kept. */
    Int24Array(byte[] bytes) {
        this.bytes = bytes;
        length = bytes.length / BYTES;
    }

    int length() {
        return length;
    }

    byte[] bytes() {
        return bytes;
    }

    /** The largest; -1 if there is none. */
    int max() {
        int max = -1;
        for (int index = 0; index < length; index++) {
            max = Math.max(max, get(index));
        }
        return max;
    }

    int get(int index) {
        int at = index * BYTES;
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << Byte.SIZE | (bytes[at + 2] & 0xff) << Short.SIZE;
    }

    void set(int index, int value) {
        int at = index * BYTES;
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >> Byte.SIZE);
        bytes[at + 2] = (byte) (value >> Short.SIZE);
    }
}
