package org.jkmod.core;

import java.util.List;

/**
 * Where a relocation's value goes: some bits of a little-endian word.
 *
 * @param size of the word, in bytes: 0 (nothing is written), 1, 2, 4 or 8
 * @param valueBits how many of the value's low bits the field can express, those below an instruction's scale included
 * @param pieces which bits of the value go to which bits of the word; all other bits of the word stay as they are
 */
public record Field(int size, int valueBits, List<Piece> pieces) {
    /**
     * Some consecutive bits.
     *
     * @param from the lowest of the value's bits
     * @param width how many
     * @param to where in the word the lowest one goes
     */
    public record Piece(int from, int width, int to) {
        long mask() {
            return (width == 64 ? -1L : (1L << width) - 1) << to;
        }
    }

    /** No field: nothing is written. */
    public static final Field NOTHING = new Field(0, 0, List.of());

    /** Makes a field; checks that its pieces lie within the word. */
    public Field {
        pieces = List.copyOf(pieces);
        for (Piece piece : pieces) {
            if (piece.to() + piece.width() > 8 * size || piece.from() + piece.width() > valueBits) {
                throw new IllegalArgumentException("field piece outside its word: " + piece);
            }
        }
    }

    /** A word that the value fills. */
    public static Field word(int bits) {
        return new Field(bits / 8, bits, List.of(new Piece(0, bits, 0)));
    }

    /** Whether the value fills the word, so that nothing of what was there stays. */
    boolean isWhole() {
        return pieces.size() == 1 && pieces.get(0).width() == 8 * size;
    }

    /** The bits of the word that belong to the field. */
    long mask() {
        long mask = 0;
        for (Piece piece : pieces) {
            mask |= piece.mask();
        }
        return mask;
    }

    /** The word with the value's bits put in. */
    long insert(long word, long value) {
        long result = word & ~mask();
        for (Piece piece : pieces) {
            result |= ((value >>> piece.from()) << piece.to()) & piece.mask();
        }
        return result;
    }
}
