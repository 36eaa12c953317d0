package org.jkmod.bench;

import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationProgram;

/** AArch64's relocations, those that Debian's modules have, as one would write them by hand. */
final class AArch64Switch implements RelocationProgram {
    private static final VarHandle LONG = byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
    private static final VarHandle INT = byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);
    private static final int RELA = 24;
    private static final int ADR = 0x60ffffe0;
    private static final int IMM12 = 0xfff << 10;
    private static final int IMM26 = 0x3ffffff;

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
        for (int i = 0, at = from; i < count; i++, at += RELA) {
            long offset = (long) LONG.get(rela, at);
            long info = (long) LONG.get(rela, at + 8);
            int symbol = (int) (info >>> 32);
            if (symbol < 0 || symbol >= symbols.length || offset < 0 || offset > size - 4) {
                return i;
            }
            int place = base + (int) offset;
            long p = address + offset;
            long value = symbols[symbol] + (long) LONG.get(rela, at + 16);
            long distance = value - p;
            switch ((int) info) {
                case 257, 260 -> { // R_AARCH64_ABS64, R_AARCH64_PREL64
                    if (offset > size - 8) {
                        return i;
                    }
                    LONG.set(image, place, (int) info == 257 ? value : distance);
                }
                case 258 -> { // R_AARCH64_ABS32
                    if (value >>> 32 != 0) {
                        return i;
                    }
                    INT.set(image, place, (int) value);
                }
                case 261 -> { // R_AARCH64_PREL32
                    if (distance != (int) distance) {
                        return i;
                    }
                    INT.set(image, place, (int) distance);
                }
                case 275 -> { // R_AARCH64_ADR_PREL_PG_HI21
                    long pages = ((value & -4096) - (p & -4096)) >> 12;
                    if ((p & 0xff8) == 0xff8) {
                        deferred.accept(i);
                    } else if ((pages << 43) >> 43 != pages) {
                        return i;
                    } else {
                        insert(image, place, ADR, ((int) (pages & 3) << 29) | ((int) ((pages >>> 2) & 0x7ffff) << 5));
                    }
                }
                // R_AARCH64_ADD_ABS_LO12_NC, R_AARCH64_LDST8_ABS_LO12_NC
                case 277, 278 -> insert(image, place, IMM12, (int) (value & 0xfff) << 10);
                // R_AARCH64_LDST16_ABS_LO12_NC, 32, 64, 128
                case 284 -> insert(image, place, IMM12, ((int) (value & 0xfff) >> 1) << 10);
                case 285 -> insert(image, place, IMM12, ((int) (value & 0xfff) >> 2) << 10);
                case 286 -> insert(image, place, IMM12, ((int) (value & 0xfff) >> 3) << 10);
                case 299 -> insert(image, place, IMM12, ((int) (value & 0xfff) >> 4) << 10);
                case 282, 283 -> { // R_AARCH64_JUMP26, R_AARCH64_CALL26
                    if ((distance << 36) >> 36 != distance) {
                        deferred.accept(i);
                    } else {
                        insert(image, place, IMM26, (int) (distance >> 2) & IMM26);
                    }
                }
                default -> {
                    return i;
                }
            }
        }
        return count;
    }

    private static void insert(byte[] image, int place, int mask, int bits) {
        INT.set(image, place, ((int) INT.get(image, place) & ~mask) | bits);
    }
}
