package org.jkmod.elf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Integers in a byte array, in a file's own byte order ({@code EI_DATA}). Reads are unchecked but for Java's own array check:
 * callers prove their ranges first.
 */
enum ElfData {
    ELFDATA2LSB(Elf.ELFDATA2LSB, ByteOrder.LITTLE_ENDIAN),
    ELFDATA2MSB(Elf.ELFDATA2MSB, ByteOrder.BIG_ENDIAN);

    // Constants of the class, not fields of the enum's values: only then does the JIT compiler fold a VarHandle away.
    private static final VarHandle SHORT_LE = view(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT_BE = view(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_LE = view(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE = view(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_LE = view(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_BE = view(long[].class, ByteOrder.BIG_ENDIAN);

    final int ident;
    final ByteOrder order;
    private final boolean little;

    ElfData(int ident, ByteOrder order) {
        this.ident = ident;
        this.order = order;
        this.little = order == ByteOrder.LITTLE_ENDIAN;
    }

    /** The one of a byte order. */
    static ElfData of(ByteOrder order) {
        return order == ByteOrder.LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
    }

    private static VarHandle view(Class<?> type, ByteOrder order) {
        return MethodHandles.byteArrayViewVarHandle(type, order);
    }

    int u16(byte[] bytes, int at) {
        return Short.toUnsignedInt(little ? (short) SHORT_LE.get(bytes, at) : (short) SHORT_BE.get(bytes, at));
    }

    int i32(byte[] bytes, int at) {
        return little ? (int) INT_LE.get(bytes, at) : (int) INT_BE.get(bytes, at);
    }

    long u32(byte[] bytes, int at) {
        return Integer.toUnsignedLong(i32(bytes, at));
    }

    long i64(byte[] bytes, int at) {
        return little ? (long) LONG_LE.get(bytes, at) : (long) LONG_BE.get(bytes, at);
    }

    /** An {@code Elf_Addr}, {@code Elf_Off} or {@code Elf_Xword}: zero-extended where the class has 32 bits. */
    long word(byte[] bytes, int at, ElfClass elfClass) {
        return elfClass.word == 8 ? i64(bytes, at) : u32(bytes, at);
    }

    void put16(byte[] bytes, int at, int value) {
        (little ? SHORT_LE : SHORT_BE).set(bytes, at, (short) value);
    }

    void put32(byte[] bytes, int at, int value) {
        (little ? INT_LE : INT_BE).set(bytes, at, value);
    }

    void put64(byte[] bytes, int at, long value) {
        (little ? LONG_LE : LONG_BE).set(bytes, at, value);
    }

    void putWord(byte[] bytes, int at, long value, ElfClass elfClass) {
        if (elfClass.word == 8) {
            put64(bytes, at, value);
        } else {
            put32(bytes, at, (int) value);
        }
    }
}
