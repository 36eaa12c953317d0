package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * What stands before a value in a dump of registers: a word and a colon, with blanks around it, and on some architectures a selector of
 * four digits, {@code RIP: 0010:}.
 *
 * <p>Kernels print the registers that hold an address of code as symbols, each in a line of its own, and all others as numbers; where one
 * of the former stands beside others ({@code epc : ... ra : ... sp : ...}), it is a number, too.
 */
final class RegisterLabel {
    /** Values of these are addresses of code. */
    private static final Set<String> PROGRAM_COUNTERS = Set.of("rip", "eip", "ip", "nip", "epc", "pc", "lr", "ra");

    private static final int LONGEST_REGISTER = 3;
    private static final int SELECTOR = 4;

    private RegisterLabel() {}

    /**
     * Whether a value is that of a register which is printed as a number. Names of registers have up to three letters and digits.
     *
     * @param from where the line begins
     * @param to where it ends
     * @param start where the value begins
     * @param end where it ends
     */
    static boolean isRegister(byte[] bytes, int from, int to, int start, int end) {
        int behind = before(bytes, from, start);
        if (behind < 0) {
            return false;
        }
        int first = wordStart(bytes, from, behind);
        boolean alone = first == from || isBlank(bytes[first - 1]);
        if (!alone || behind - first > LONGEST_REGISTER || isDigit(bytes[first])) {
            return false;
        }
        String label = new String(bytes, first, behind - first, StandardCharsets.US_ASCII);
        return !PROGRAM_COUNTERS.contains(label.toLowerCase(Locale.ROOT)) || isLabelNext(bytes, to, end);
    }

    /** Where the word ends that a value stands behind, or -1. */
    static int before(byte[] bytes, int from, int start) {
        int behind = wordBefore(bytes, from, start);
        if (behind < 0) {
            return -1;
        }
        int first = wordStart(bytes, from, behind);
        boolean selector = behind - first == SELECTOR && isDigit(bytes[first]) && bytes[behind] == ':';
        int outer = selector ? wordBefore(bytes, from, first) : -1;
        return outer > 0 ? outer : behind;
    }

    private static boolean isLabelNext(byte[] bytes, int to, int end) {
        int word = end;
        while (word < to && isBlank(bytes[word])) {
            word++;
        }
        int behind = word;
        while (behind < to && isWord(bytes[behind])) {
            behind++;
        }
        int colon = behind;
        while (colon < to && isBlank(bytes[colon])) {
            colon++;
        }
        return word > end && behind > word && colon < to && bytes[colon] == ':';
    }

    /** Where the word before a colon ends that stands before a place, or -1. */
    private static int wordBefore(byte[] bytes, int from, int place) {
        int i = place;
        while (i > from && isBlank(bytes[i - 1])) {
            i--;
        }
        if (i == from || bytes[i - 1] != ':') {
            return -1;
        }
        i--;
        while (i > from && isBlank(bytes[i - 1])) {
            i--;
        }
        return wordStart(bytes, from, i) < i ? i : -1;
    }

    private static int wordStart(byte[] bytes, int from, int behind) {
        int i = behind;
        while (i > from && isWord(bytes[i - 1])) {
            i--;
        }
        return i;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isWord(byte b) {
        return isDigit(b) || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }
}
