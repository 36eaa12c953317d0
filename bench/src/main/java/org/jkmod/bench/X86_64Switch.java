package org.jkmod.bench;

import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationProgram;

/** x86-64's relocations as one would write them by hand: what the program that is made from the rows is measured against. */
final class X86_64Switch implements RelocationProgram {
    private static final VarHandle LONG = byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
    private static final VarHandle INT = byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);
    private static final int RELA = 24;

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
            int type = (int) info;
            if (type == 0) {
                continue;
            }
            if (symbol < 0 || symbol >= symbols.length || offset < 0 || offset > size - 4) {
                return i;
            }
            int place = base + (int) offset;
            long value = symbols[symbol] + (long) LONG.get(rela, at + 16);
            switch (type) {
                case 2, 4 -> { // R_X86_64_PC32, R_X86_64_PLT32
                    if ((int) INT.get(image, place) != 0) {
                        return i;
                    }
                    INT.set(image, place, (int) (value - address - offset));
                }
                case 11 -> { // R_X86_64_32S
                    if (value != (int) value || (int) INT.get(image, place) != 0) {
                        return i;
                    }
                    INT.set(image, place, (int) value);
                }
                case 10 -> { // R_X86_64_32
                    if (value >>> 32 != 0 || (int) INT.get(image, place) != 0) {
                        return i;
                    }
                    INT.set(image, place, (int) value);
                }
                case 1, 24 -> { // R_X86_64_64, R_X86_64_PC64
                    if (offset > size - 8 || (long) LONG.get(image, place) != 0) {
                        return i;
                    }
                    LONG.set(image, place, type == 1 ? value : value - address - offset);
                }
                default -> {
                    return i;
                }
            }
        }
        return count;
    }
}
