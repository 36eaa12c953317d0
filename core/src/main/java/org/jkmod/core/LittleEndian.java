package org.jkmod.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian integers in byte arrays: what the relocation programs, and the code compiled from rows, read and write with. */
final class LittleEndian {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {}

    static long get8(byte[] bytes, int at) {
        return bytes[at] & 0xffL;
    }

    static long get16(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at) & 0xffffL;
    }

    static long get32(byte[] bytes, int at) {
        return (int) INT.get(bytes, at) & 0xffffffffL;
    }

    static long get64(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void put8(byte[] bytes, int at, long value) {
        bytes[at] = (byte) value;
    }

    static void put16(byte[] bytes, int at, long value) {
        SHORT.set(bytes, at, (short) value);
    }

    static void put32(byte[] bytes, int at, long value) {
        INT.set(bytes, at, (int) value);
    }

    static void put64(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** The zero-extended word of 1, 2, 4 or 8 bytes at an index. */
    static long get(byte[] bytes, int at, int size) {
        return switch (size) {
            case 1 -> get8(bytes, at);
            case 2 -> get16(bytes, at);
            case 4 -> get32(bytes, at);
            case 8 -> get64(bytes, at);
            default -> throw new IllegalArgumentException("no word of " + size + " bytes");
        };
    }

    static void put(byte[] bytes, int at, int size, long value) {
        switch (size) {
            case 1 -> put8(bytes, at, value);
            case 2 -> put16(bytes, at, value);
            case 4 -> put32(bytes, at, value);
            case 8 -> put64(bytes, at, value);
            default -> throw new IllegalArgumentException("no word of " + size + " bytes");
        }
    }
}
