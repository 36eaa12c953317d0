package org.jkmod.core;

/**
 * What the relocation programs ask of a table of {@code Elf64_Rela}, and of places where several relocations make one value. Static and
 * without objects: compiled programs call it.
 */
final class RelocationTables {
    /** {@code sizeof(Elf64_Rela)}. */
    static final int RELA = 24;

    private RelocationTables() {}

    static long offset(byte[] rela, int from, int index) {
        return LittleEndian.get64(rela, from + index * RELA);
    }

    static int type(byte[] rela, int from, int index) {
        return (int) LittleEndian.get64(rela, from + index * RELA + 8);
    }

    static int symbol(byte[] rela, int from, int index) {
        return (int) (LittleEndian.get64(rela, from + index * RELA + 8) >>> 32);
    }

    static long addend(byte[] rela, int from, int index) {
        return LittleEndian.get64(rela, from + index * RELA + 16);
    }

    /**
     * Whether the relocations are in the order of their places, as assemblers write them, and nothing else is written to a place where
     * several make one value. Then such a value can be written as soon as another place comes; in other tables only at the end.
     *
     * @param accumulatedBytes how many bytes a type may write that others make a value with, by number; 0 for all other types
     */
    static boolean isOrderly(byte[] rela, int from, int count, int[] accumulatedBytes) {
        long last = Long.MIN_VALUE;
        long free = Long.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            long offset = offset(rela, from, i);
            int type = type(rela, from, i);
            int bytes = type >= 0 && type < accumulatedBytes.length ? accumulatedBytes[type] : 0;
            if (offset < last || (offset != last && offset < free)) {
                return false;
            }
            last = offset;
            free = Math.max(free, offset + bytes);
        }
        return true;
    }

    /**
     * The relocation of one of two types at a place, in a sorted table.
     *
     * @return its index; -1 if there is none
     */
    static int upperHalf(byte[] rela, int from, int count, long place, int type, int otherType) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offset(rela, from, middle) < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (int i = low; i < count && offset(rela, from, i) == place; i++) {
            int found = type(rela, from, i);
            if (found == type || found == otherType) {
                return i;
            }
        }
        return -1;
    }

    /** S + A - P of a relocation. The symbol must be there. */
    static long distance(byte[] rela, int from, int index, long[] symbols, long address) {
        return symbols[symbol(rela, from, index)] + addend(rela, from, index) - address - offset(rela, from, index);
    }

    /** Whether a relocation's symbol is there. */
    static boolean hasSymbol(byte[] rela, int from, int index, long[] symbols) {
        int symbol = symbol(rela, from, index);
        return symbol >= 0 && symbol < symbols.length;
    }

    /** The value that a place holds before the first relocation that makes one of it. */
    static long load(byte[] image, int place, int bits) {
        return switch (bits) {
            case 0 -> 0;
            case 6 -> LittleEndian.get8(image, place) & 0x3f;
            default -> LittleEndian.get(image, place, bits / 8);
        };
    }

    /**
     * Writes the value that the relocations of a place have made.
     *
     * @param place where in the image
     * @param end where in the image the section ends
     * @param bits how many bits are written; 0: a number of variable length, which for 0 is no byte at all, as in the kernel
     * @return whether it was within the section
     */
    static boolean store(byte[] image, int place, int end, int bits, long value) {
        switch (bits) {
            case 0 -> {
                int at = place;
                // The kernel's number is signed: a negative one would never end there. Here it ends with its bits.
                if ((64 - Long.numberOfLeadingZeros(value) + 6) / 7 > end - place) {
                    return false;
                }
                for (long rest = value; rest != 0; rest >>>= 7) {
                    image[at++] = (byte) ((rest & 0x7f) | (rest >>> 7 != 0 ? 0x80 : 0));
                }
            }
            case 6 -> image[place] = (byte) ((image[place] & 0xc0) | (value & 0x3f));
            default -> LittleEndian.put(image, place, bits / 8, value);
        }
        return true;
    }
}
