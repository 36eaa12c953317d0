package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Goes through the raw kernel addresses of a line of text. An address is
 *
 * <ul>
 *   <li>16 hexadecimal digits, the first two of which are {@code ff}, as those of all kernel addresses are, with or without {@code 0x},
 *       also in {@code [<...>]}, as kernels before 4.10 print them;
 *   <li>no part of something longer: there is no letter, digit or one of {@code _ . + - / @ $ %} in front of it, none of {@code _ + - / @},
 *       letter or digit behind it. So ends of a range are none, nor are parts of a path.
 * </ul>
 */
final class AddressToken {
    private static final int DIGITS = 16;
    /** What ends a name's offset. */
    private static final byte[] OFFSET = {'+', '0', 'x'};

    private static final byte[] UNKNOWN = "[unknown]".getBytes(StandardCharsets.US_ASCII);

    /** By character: the value of a hexadecimal digit, or -1. */
    private static final byte[] HEX = new byte[1 << Byte.SIZE];

    private static final boolean[] NOT_BEFORE = new boolean[1 << Byte.SIZE];
    private static final boolean[] NOT_BEHIND = new boolean[1 << Byte.SIZE];

    static {
        Arrays.fill(HEX, (byte) -1);
        for (int c = 0; c < HEX.length; c++) {
            HEX[c] = (byte) (c < 0x80 ? Character.digit(c, 16) : -1);
            boolean word = c < 0x80 && Character.isLetterOrDigit(c);
            NOT_BEFORE[c] = word || "_.+-/@$%".indexOf(c) >= 0;
            NOT_BEHIND[c] = word || "_+-/@".indexOf(c) >= 0;
        }
    }

    private byte[] bytes = {};
    private int from;
    private int to;
    private int at;

    private int start;
    private int end;
    private long address;

    private int nameStart;
    private int nameEnd;
    private long offset;
    private long size;
    private int unknown;
    private int fileEnd;

    /** Begins with a line. */
    void line(byte[] text, int first, int behind) {
        bytes = text;
        from = first;
        to = behind;
        at = first;
    }

    /** Goes to the next address; says whether there is one. */
    boolean next() {
        while (at + DIGITS <= to) {
            int last = at + DIGITS - 1;
            if (hex(last) < 0) {
                at += DIGITS;
                continue;
            }
            int first = last;
            while (first > at && hex(first - 1) >= 0) {
                first--;
            }
            int behind = last + 1;
            while (behind < to && hex(behind) >= 0) {
                behind++;
            }
            at = behind;
            if (behind - first == DIGITS && (bytes[first] | 0x20) == 'f' && (bytes[first + 1] | 0x20) == 'f') {
                start = first >= from + 2 && bytes[first - 1] == 'x' && bytes[first - 2] == '0' ? first - 2 : first;
                end = behind;
                if (standsAlone()) {
                    read(first);
                    return true;
                }
            }
        }
        return false;
    }

    private int hex(int index) {
        return HEX[bytes[index] & 0xff];
    }

    private boolean standsAlone() {
        return (start == from || !NOT_BEFORE[bytes[start - 1] & 0xff]) && (end == to || !NOT_BEHIND[bytes[end] & 0xff]);
    }

    private void read(int first) {
        address = 0;
        for (int i = first; i < end; i++) {
            address = (address << 4) | hex(i);
        }
        if (start >= from + 2
                && end + 2 <= to
                && bytes[start - 2] == '['
                && bytes[start - 1] == '<'
                && bytes[end] == '>'
                && bytes[end + 1] == ']') {
            start -= 2;
            end += 2;
        }
        findName();
    }

    /** Where the address begins, with what belongs to it. */
    int start() {
        return start;
    }

    /** Where it ends. */
    int end() {
        return end;
    }

    long address() {
        return address;
    }

    /** Whether its symbol stands behind it already: {@code name+0x1}, {@code name+0x1/0x2}, or {@code name (dso)} at the end of the line. */
    boolean isNamed() {
        return nameEnd > nameStart;
    }

    /** Whether the name has an offset, and a size or the name of the file it is in, so that it tells where the kernel is. */
    boolean isKernelsOwn() {
        return isNamed() && offset >= 0 && (size >= 0 ? !isWordAt(nameEndOfAll(), "[") : isKernelDso());
    }

    int nameStart() {
        return nameStart;
    }

    /** Where the name ends, before the offset. */
    int nameEnd() {
        return nameEnd;
    }

    /** The distance from the name; -1 if none stands there. */
    long offset() {
        return offset;
    }

    /** The symbol's size; -1 if none stands there. */
    long size() {
        return size;
    }

    /** Whether perf found no symbol for it: {@code [unknown]} follows. */
    boolean isUnknownToPerf() {
        return unknown >= 0;
    }

    /** Where that begins for which a symbol comes: the address, or what perf has instead of a symbol. */
    int replacedStart() {
        return isUnknownToPerf() ? unknown : start;
    }

    /** Where it ends: of perf's, with the file's name, if that says nothing but that it is the kernel's. */
    int replacedEnd() {
        if (!isUnknownToPerf()) {
            return end;
        }
        return hasFile() ? fileEnd : fileStart();
    }

    /** Whether perf's line has a file's name that is none. */
    boolean hasFile() {
        return fileEnd > 0;
    }

    /** Where the file's name begins in perf's line, with a space. */
    int fileStart() {
        return unknown + UNKNOWN.length;
    }

    /** Whether the file is unknown to perf, too. */
    boolean isFileUnknown() {
        return startsWith(fileStart(), " ([unknown])");
    }

    byte[] bytes() {
        return bytes;
    }

    private int nameEndOfAll() {
        int i = nameEnd;
        while (i < to && bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
            i++;
        }
        return i;
    }

    private boolean isKernelDso() {
        int dso = nameEndOfAll();
        return isKernelFile(dso) || (isWordAt(dso, "(") && contains(dso, "/vmlinux"));
    }

    private boolean isKernelFile(int dso) {
        return startsWith(dso, " ([kernel.") || startsWith(dso, " ([guest.kernel.");
    }

    private boolean contains(int index, String text) {
        for (int i = index; i < to; i++) {
            if (startsWith(i, text)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a space and then this text stand there. */
    private boolean isWordAt(int index, String text) {
        return index < to && bytes[index] == ' ' && startsWith(index + 1, text);
    }

    private boolean startsWith(int index, String text) {
        if (index + text.length() > to) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[index + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void findName() {
        nameStart = 0;
        nameEnd = 0;
        unknown = -1;
        offset = -1;
        size = -1;
        int i = end;
        while (i < to && (bytes[i] == ']' || bytes[i] == '>' || bytes[i] == ')')) {
            i++;
        }
        int gap = i;
        i = blanksEnd(gap);
        if (i == gap || i == to) {
            return;
        }
        if (startsWith(i, "? ")) {
            i += 2;
        } else if (bytes[i] == '(' || bytes[i] == '<') {
            i++;
        }
        int word = i;
        while (i < to && !isBlank(bytes[i]) && bytes[i] != '\r') {
            i++;
        }
        if (i - word == UNKNOWN.length && Arrays.equals(bytes, word, i, UNKNOWN, 0, UNKNOWN.length)) {
            unknown = word;
            fileEnd = isKernelFile(i) || startsWith(i, " ([unknown])") ? closing(i) : 0;
        } else if (!readOffset(word, i) && isWordAt(i, "(") && lastIs(')')) {
            nameStart = word;
            nameEnd = i;
        }
    }

    /** Behind the next closing parenthesis, or 0. */
    private int closing(int index) {
        int i = index;
        while (i < to && bytes[i] != ')') {
            i++;
        }
        return i < to ? i + 1 : 0;
    }

    /** Reads {@code name+0x1/0x2}; says whether it is one. */
    private boolean readOffset(int word, int behind) {
        for (int i = word + 1; i + OFFSET.length < behind; i++) {
            if (bytes[i] == '+' && Arrays.equals(bytes, i, i + OFFSET.length, OFFSET, 0, OFFSET.length)) {
                int digits = i + OFFSET.length;
                int last = digitsEnd(digits, behind);
                if (last == digits) {
                    return false;
                }
                nameStart = word;
                nameEnd = i;
                offset = value(digits, last);
                if (startsWith(last, "/0x")) {
                    int sizeEnd = digitsEnd(last + 3, behind);
                    size = sizeEnd > last + 3 ? value(last + 3, sizeEnd) : -1;
                }
                return true;
            }
        }
        return false;
    }

    private int digitsEnd(int first, int behind) {
        int i = first;
        while (i < behind && i < first + DIGITS && hex(i) >= 0) {
            i++;
        }
        return i;
    }

    private long value(int first, int behind) {
        long value = 0;
        for (int i = first; i < behind; i++) {
            value = (value << 4) | hex(i);
        }
        return value;
    }

    private boolean lastIs(char c) {
        int last = to - 1;
        while (last > end && (bytes[last] == '\r' || bytes[last] == ' ')) {
            last--;
        }
        return bytes[last] == c;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    /** Whether it follows {@code WORD:}, as {@code RIP: 0010:} and {@code pc : }. */
    boolean isLabelled() {
        return RegisterLabel.before(bytes, from, start) >= 0;
    }

    /** Whether it is the value of a register that the kernel prints as a number. */
    boolean isRegister() {
        return RegisterLabel.isRegister(bytes, from, to, start, end);
    }

    private int blanksEnd(int first) {
        int i = first;
        while (i < to && isBlank(bytes[i])) {
            i++;
        }
        return i;
    }
}
