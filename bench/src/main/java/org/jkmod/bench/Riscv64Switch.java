package org.jkmod.bench;

import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationProgram;

/** RISC-V's relocations, those that Debian's modules have, as one would write them by hand. For tables as assemblers write them. */
final class Riscv64Switch implements RelocationProgram {
    private static final VarHandle LONG = byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
    private static final VarHandle INT = byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);
    private static final VarHandle SHORT = byteArrayViewVarHandle(short[].class, LITTLE_ENDIAN);
    private static final int RELA = 24;
    private static final int PCREL_HI20 = 23;
    private static final int GOT_HI20 = 20;

    @Override
    public int apply(
            byte[] rela,
            int from,
            int count,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address,
            IntConsumer deferred) {
        long madeAt = -1;
        long made = 0;
        int madeBytes = 0;
        long last = 0;
        int upper = 0;
        for (int i = 0, at = from; i < count; i++, at += RELA) {
            long offset = (long) LONG.get(rela, at);
            long info = (long) LONG.get(rela, at + 8);
            int symbol = (int) (info >>> 32);
            int type = (int) info;
            if (symbol < 0 || symbol >= symbols.length || offset < last || offset >= size) {
                return i;
            }
            last = offset;
            int place = base + (int) offset;
            long value = symbols[symbol] + (long) LONG.get(rela, at + 16);
            long distance = value - address - offset;
            switch (type) {
                case 2 -> LONG.set(image, place, value); // R_RISCV_64
                case 57 -> INT.set(image, place, (int) distance); // R_RISCV_32_PCREL
                case 19 -> { // R_RISCV_CALL_PLT
                    if (!fits(distance)) {
                        deferred.accept(i);
                    } else {
                        insert(image, place, 0xfffff000, ((int) distance + 0x800) & 0xfffff000);
                        insert(image, place + 4, 0xfff00000, (int) distance << 20);
                    }
                }
                case GOT_HI20 -> deferred.accept(i);
                case PCREL_HI20 -> {
                    if (!fits(distance)) {
                        return i;
                    }
                    insert(image, place, 0xfffff000, ((int) distance + 0x800) & 0xfffff000);
                }
                case 24, 25 -> { // R_RISCV_PCREL_LO12_I, R_RISCV_PCREL_LO12_S
                    upper = upper(rela, from, count, symbols[symbol] - address, upper);
                    if (upper < 0) {
                        return i;
                    }
                    int found = from + upper * RELA;
                    if ((int) (long) LONG.get(rela, found + 8) == GOT_HI20) {
                        deferred.accept(i);
                    } else {
                        int low = (int) (symbols[(int) ((long) LONG.get(rela, found + 8) >>> 32)]
                                + (long) LONG.get(rela, found + 16)
                                - symbols[symbol]);
                        if (type == 24) {
                            insert(image, place, 0xfff00000, low << 20);
                        } else {
                            insert(image, place, 0xfe000f80, (((low >> 5) & 0x7f) << 25) | ((low & 0x1f) << 7));
                        }
                    }
                }
                case 34, 35, 36, 38, 39, 40 -> { // R_RISCV_ADD16 to R_RISCV_SUB64
                    if (madeAt != offset) {
                        if (madeAt >= 0) {
                            store(image, base + (int) madeAt, madeBytes, made);
                        }
                        madeAt = offset;
                        made = 0;
                    }
                    made += type < 37 ? value : -value;
                    madeBytes = 1 << (type - (type < 37 ? 33 : 37));
                }
                default -> {
                    return i;
                }
            }
        }
        if (madeAt >= 0) {
            store(image, base + (int) madeAt, madeBytes, made);
        }
        return count;
    }

    private static boolean fits(long distance) {
        return distance + 0x800 == (int) (distance + 0x800);
    }

    private static void insert(byte[] image, int place, int mask, int bits) {
        INT.set(image, place, ((int) INT.get(image, place) & ~mask) | bits);
    }

    private static void store(byte[] image, int place, int bytes, long value) {
        switch (bytes) {
            case 2 -> SHORT.set(image, place, (short) value);
            case 4 -> INT.set(image, place, (int) value);
            default -> LONG.set(image, place, value);
        }
    }

    /** The upper half at an offset, looked for from the last one found. */
    private static int upper(byte[] rela, int from, int count, long offset, int last) {
        int i = last;
        do {
            int at = from + i * RELA;
            if ((long) LONG.get(rela, at) == offset) {
                int type = (int) (long) LONG.get(rela, at + 8);
                if (type == PCREL_HI20 || type == GOT_HI20) {
                    return i;
                }
            }
            i = i + 1 == count ? 0 : i + 1;
        } while (i != last);
        return -1;
    }
}
