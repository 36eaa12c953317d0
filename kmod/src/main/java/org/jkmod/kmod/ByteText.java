package org.jkmod.kmod;

import java.util.Arrays;

/** Text that grows, as bytes. */
final class ByteText {
    /** The bytes; only the first {@link #size} count. */
    byte[] bytes;

    int size;

    ByteText(int capacity) {
        bytes = new byte[capacity];
    }

    ByteText add(byte[] from, int at, int length) {
        room(length);
        System.arraycopy(from, at, bytes, size, length);
        size += length;
        return this;
    }

    ByteText add(byte[] from) {
        return add(from, 0, from.length);
    }

    ByteText add(char c) {
        room(1);
        bytes[size++] = (byte) c;
        return this;
    }

    /** Adds text of characters that are bytes. */
    @SuppressWarnings("deprecation") // The one way to have bytes of a string that makes no array and asks no charset.
    ByteText add(String text) {
        int length = text.length();
        room(length);
        text.getBytes(0, length, bytes, size);
        size += length;
        return this;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** Room for so many more bytes. */
    void room(int more) {
        if (more > bytes.length - size) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, more)));
        }
    }
}
