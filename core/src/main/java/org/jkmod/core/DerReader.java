package org.jkmod.core;

import java.util.Arrays;

/**
 * Reads ASN.1 as the kernel does (lib/asn1_decoder.c), which is neither DER nor BER (X.690), but takes most of both:
 *
 * <ul>
 *   <li>tags have one byte; lengths one to three, in any form, also longer than needed;
 *   <li>a constructed element may have indefinite length, ended by two zero bytes;
 *   <li>where a constructed element is wanted, its tag may say primitive, but not the other way round;
 *   <li>what is optional, and every choice, even one that must be made, may be left out at the end of its container;
 *   <li>nobody looks at what follows the outermost element.
 * </ul>
 *
 * <p>Elements are read in the order of the file: {@link #match} and its like go into a constructed element, {@link #leave} and
 * {@link #more} come out of it. The last element read or left is the current one.
 */
final class DerReader {
    static final int BOOLEAN = 0x01;
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int UTC_TIME = 0x17;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;

    private static final int CONSTRUCTED = 0x20;
    private static final int CONTEXT = 0x80;
    private static final int LONG_TAG = 0x1f;
    private static final int INDEFINITE = 0x80;
    /** What the kernel reads at most, in bytes. */
    private static final int MAX_SIZE = 0xffff;

    private static final int MAX_DEPTH = 10;
    /** Stands for the end of an element of indefinite length. */
    private static final int OPEN = -1;

    private final byte[] data;
    private final int base;
    private int at;
    /** The end of the innermost element of definite length. */
    private int end;

    private int depth;
    private final int[] outerEnd = new int[MAX_DEPTH];
    private final int[] innerStart = new int[MAX_DEPTH];
    private final int[] innerHeader = new int[MAX_DEPTH];

    /** Whether the last element that was looked for was there: what is a choice at the end of its container is only then left out. */
    private boolean matched;

    private int tag;
    private int header;
    private int start;
    private int length;

    /**
     * Begins.
     *
     * @param data bytes with the elements somewhere
     * @param from where they begin
     * @param size how many bytes belong to them, at most
     * @throws SignatureFault EMSGSIZE if that is more than the kernel takes
     */
    DerReader(byte[] data, int from, int size) {
        if (size > MAX_SIZE) {
            throw SignatureFault.of(Errno.EMSGSIZE);
        }
        this.data = data;
        this.base = from;
        this.at = from;
        this.end = from + size;
    }

    DerReader(byte[] data) {
        this(data, 0, data.length);
    }

    /** The tag of a primitive element with a number of its own. */
    static int context(int number) {
        return CONTEXT | number;
    }

    /** The tag of a constructed element with a number of its own. */
    static int contextConstructed(int number) {
        return CONTEXT | CONSTRUCTED | number;
    }

    static SignatureFault bad() {
        return SignatureFault.of(Errno.EBADMSG);
    }

    /** Reads an element that must be there; goes into it, if it is constructed. */
    void match(int wanted) {
        if (!read(wanted, false)) {
            throw bad();
        }
    }

    /** Reads an element if it is there. */
    boolean matchIfThere(int wanted) {
        return at != end && read(wanted, true);
    }

    /** Reads one of some elements; its place among them, or -1 if the container ends here. */
    int choose(int... wanted) {
        int found = chooseIfThere(wanted);
        if (found < 0 && (at != end || !matched)) {
            throw bad();
        }
        return found;
    }

    /** Reads one of some elements if it is there; its place among them, or -1. */
    int chooseIfThere(int... wanted) {
        for (int i = 0; i < wanted.length; i++) {
            if (matchIfThere(wanted[i])) {
                return i;
            }
        }
        return -1;
    }

    /** Reads an element of any tag, as a whole. */
    void any() {
        matched = true;
        content(tag(), false);
    }

    /** Reads an element of any tag, as a whole, unless the container ends here. */
    boolean anyIfThere() {
        if (at == end) {
            return false;
        }
        any();
        return true;
    }

    private boolean read(int wanted, boolean optional) {
        int found = tag();
        boolean constructed = (wanted & CONSTRUCTED) != 0;
        matched = ((wanted ^ found) & ~(wanted & CONSTRUCTED)) == 0;
        if (!matched) {
            if (optional) {
                at--;
                return false;
            }
            throw bad();
        }
        content(found, constructed);
        return true;
    }

    private int tag() {
        if (end - at < 2) {
            throw bad();
        }
        int found = data[at++] & 0xff;
        if ((found & LONG_TAG) == LONG_TAG) {
            throw bad();
        }
        return found;
    }

    private void content(int found, boolean enter) {
        tag = found;
        header = 2;
        int size = data[at++] & 0xff;
        boolean open = size == INDEFINITE;
        if (open) {
            if ((found & CONSTRUCTED) == 0 || end - at < 2) {
                throw bad();
            }
        } else {
            if (size > INDEFINITE) {
                int bytes = size - INDEFINITE;
                if (bytes > 2 || bytes > end - at) {
                    throw bad();
                }
                header += bytes;
                size = 0;
                for (int i = 0; i < bytes; i++) {
                    size = (size << 8) | (data[at++] & 0xff);
                }
            }
            if (size > end - at) {
                throw bad();
            }
        }
        start = at;
        if (enter) {
            if (depth == MAX_DEPTH) {
                throw bad();
            }
            innerStart[depth] = at;
            innerHeader[depth] = header;
            outerEnd[depth++] = open ? OPEN : end;
            length = open ? 0 : size;
            end = open ? end : at + size;
        } else {
            length = open ? openLength() : size;
            at += length;
        }
    }

    /** The size of an element of indefinite length, with the two zeros at its end. */
    private int openLength() {
        int p = at;
        int level = 1;
        while (true) {
            if (end - p < 2) {
                throw bad();
            }
            int found = data[p++] & 0xff;
            if (found == 0) {
                if (data[p++] != 0) {
                    throw bad();
                }
                if (--level == 0) {
                    return p - at;
                }
                continue;
            }
            if ((found & LONG_TAG) == LONG_TAG) {
                do {
                    if (end - p < 2) {
                        throw bad();
                    }
                } while (data[p++] < 0);
            }
            long size = data[p++] & 0xff;
            if (size == INDEFINITE) {
                if ((found & CONSTRUCTED) == 0) {
                    throw bad();
                }
                level++;
                continue;
            }
            if (size > INDEFINITE) {
                int bytes = (int) size - INDEFINITE;
                if (bytes > Long.BYTES - 1 || bytes > end - p) {
                    throw bad();
                }
                size = 0;
                for (int i = 0; i < bytes; i++) {
                    size = (size << 8) | (data[p++] & 0xff);
                }
            }
            if (size > end - p) {
                throw bad();
            }
            p += (int) size;
        }
    }

    /** Comes out of an element, which must end here. */
    void leave() {
        leaveInline();
        matched = true;
    }

    /** The same for an element that the kernel's grammar has in one place only, and that is not optional. */
    void leaveInline() {
        if (comeOut(false)) {
            throw bad();
        }
    }

    /** At the end of an element, comes out of it; else stays in it and answers yes. */
    boolean more() {
        boolean stays = comeOut(true);
        matched |= !stays;
        return stays;
    }

    private boolean comeOut(boolean mayStay) {
        int outer = outerEnd[depth - 1];
        int size;
        if (outer == OPEN) {
            if (end - at < 2) {
                throw bad();
            }
            if (data[at] != 0) {
                if (mayStay) {
                    return true;
                }
                throw bad();
            }
            if (data[at + 1] != 0) {
                throw bad();
            }
            size = at - innerStart[depth - 1];
            at += 2;
        } else {
            if (at < end && mayStay) {
                return true;
            }
            if (at != end) {
                throw bad();
            }
            size = end - innerStart[depth - 1];
            end = outer;
        }
        depth--;
        start = innerStart[depth];
        header = innerHeader[depth];
        length = size;
        return false;
    }

    /** The tag of the element that was last begun. */
    int lastTag() {
        return tag;
    }

    /** How many bytes lie before the current element's content. */
    int header() {
        return header;
    }

    /** Where the current element's content begins, among the bytes given to this reader. */
    int start() {
        return start;
    }

    /** The same, counted from where this reader began. */
    int offset() {
        return start - base;
    }

    /** The size of the current element's content. */
    int length() {
        return length;
    }

    /** The current element's content. */
    byte[] content() {
        return Arrays.copyOfRange(data, start, start + length);
    }

    /** The current element, with its header. */
    byte[] element() {
        return Arrays.copyOfRange(data, start - header, start + length);
    }
}
