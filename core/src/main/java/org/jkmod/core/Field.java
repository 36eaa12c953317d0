package org.jkmod.core;

import java.util.List;

/**
 * Where a relocation's value goes: some bits of a little-endian word.
 *
 * @param size of the word, in bytes: 0 (nothing is written), 1, 2, 4 or 8
 * @param valueBits how many of the value's low bits the field can express, those below an instruction's scale included
 * @param alignment what the value must be a multiple of to be expressed exactly; the processor supplements want that checked
 * @param pieces which bits of the value go to which bits of the word; all other bits of the word stay as they are
 * @param form what is done to the word besides
 * @param cleared bits of the word that become zero, though nothing of the value goes there
 */
public record Field(int size, int valueBits, int alignment, List<Piece> pieces, Form form, long cleared) {
    /** What is done to a word besides putting bits in. */
    public enum Form {
        /** Nothing. */
        PLAIN,
        /**
         * AArch64's MOVZ becomes MOVN for a negative value, whose bits are then inverted: bits 29 and 30 hold the opcode.
         */
        MOVZ_OR_MOVN,
        /** A number of variable length (DWARF's ULEB128) instead of a word. */
        ULEB128
    }

    /**
     * Some consecutive bits.
     *
     * @param from the lowest of the value's bits
     * @param width how many
     * @param to where in the word the lowest one goes
     * @param bias what is added to the value first: half of what the lower bits can express, where those are signed
     */
    public record Piece(int from, int width, int to, long bias) {
        /** Bits of the value as it is. */
        public Piece(int from, int width, int to) {
            this(from, width, to, 0);
        }

        long mask() {
            return (width == 64 ? -1L : (1L << width) - 1) << to;
        }
    }

    /** No field: nothing is written. */
    public static final Field NOTHING = new Field(0, 0, 1, List.of(), Form.PLAIN, 0);

    /** A number of variable length. */
    public static final Field ULEB128 = new Field(1, 64, 1, List.of(), Form.ULEB128, 0);

    static final long MOV_OPCODE = 3L << 29;
    static final long MOVZ = 2L << 29;
    static final long MOVN = 0;

    /** Makes a field; checks that its pieces lie within the word. */
    public Field {
        pieces = List.copyOf(pieces);
        for (Piece piece : pieces) {
            if (piece.to() + piece.width() > 8 * size || piece.from() + piece.width() > valueBits) {
                throw new IllegalArgumentException("field piece outside its word: " + piece);
            }
        }
    }

    /**
     * Bits of a word.
     *
     * @param size of the word, in bytes
     * @param valueBits how many of the value's low bits the field can express
     */
    public static Field of(int size, int valueBits, Piece... pieces) {
        return new Field(size, valueBits, 1, List.of(pieces), Form.PLAIN, 0);
    }

    /** A word that the value fills. */
    public static Field word(int bits) {
        return of(bits / 8, bits, new Piece(0, bits, 0));
    }

    /** Whether the value fills the word, so that nothing of what was there stays. */
    boolean isWhole() {
        return pieces.size() == 1 && pieces.get(0).width() == 8 * size;
    }

    /** This field, for values that must be a multiple of a number of bytes. */
    public Field aligned(int bytes) {
        return new Field(size, valueBits, bytes, pieces, form, cleared);
    }

    /** This field, in another form. */
    public Field as(Form other) {
        return new Field(size, valueBits, alignment, pieces, other, cleared);
    }

    /** This field, with some bits of the word becoming zero. */
    public Field clearing(long bits) {
        return new Field(size, valueBits, alignment, pieces, form, bits);
    }

    /** The bits of the word that belong to the field. */
    long mask() {
        long mask = cleared;
        for (Piece piece : pieces) {
            mask |= piece.mask();
        }
        return mask;
    }

    /** The bits of the word that writing changes: the field's, and the opcode's that the value's sign decides. */
    long writtenMask() {
        return form == Form.MOVZ_OR_MOVN ? mask() | MOV_OPCODE : mask();
    }

    /** The word with the value's bits put in. */
    public long insert(long word, long value) {
        long result = word & ~mask();
        long bits = value;
        if (form == Form.MOVZ_OR_MOVN) {
            result = (result & ~MOV_OPCODE) | (value >= 0 ? MOVZ : MOVN);
            bits = value ^ (value >> 63);
        }
        for (Piece piece : pieces) {
            result |= (((bits + piece.bias()) >>> piece.from()) << piece.to()) & piece.mask();
        }
        return result;
    }
}
