package org.jkmod.core;

/**
 * Why a relocation could not be applied.
 *
 * @param reason what is wrong
 * @param section index of the section that holds the relocation
 * @param index of the relocation in it
 * @param type the type's number
 * @param symbol index of the symbol
 * @param place the address that was to be changed
 * @param value what was to be written; 0 where it did not come to that
 * @param target the symbol's value and the addend together; 0 if there is no such symbol
 */
public record RelocationFailure(
        Reason reason, int section, int index, int type, int symbol, long place, long value, long target) {
    /** What is wrong, for those to whom the kernel's own message says too little, or nothing at all. */
    public String description() {
        return "relocation " + index + " of section " + section + " (type " + Integer.toUnsignedString(type)
                + ", symbol " + Integer.toUnsignedString(symbol) + ") cannot be applied at 0x" + Long.toHexString(place)
                + ": " + reason;
    }

    /** What can be wrong. */
    public enum Reason {
        /** The type is none that the kernel's loader knows. */
        UNKNOWN_TYPE,
        /** The value does not fit. */
        OVERFLOW,
        /** There is no room for a stub that would reach the symbol. */
        NO_STUB,
        /** The value does not have the alignment that its field needs. */
        MISALIGNED,
        /** The relocation whose lower half this one writes is not there. */
        NO_UPPER_HALF,
        /** The place should hold zeros, and does not. */
        NONZERO_PLACE,
        /** The place is not within its section. The kernel does not check: it would change other memory. */
        PLACE_OUTSIDE_SECTION,
        /** There is no such symbol. The kernel does not check: it would use what lies behind the symbol table. */
        NO_SUCH_SYMBOL
    }
}
