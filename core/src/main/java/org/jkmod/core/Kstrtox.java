package org.jkmod.core;

import java.util.Optional;

/** How the kernel reads numbers and truth values (lib/kstrtox.c). */
final class Kstrtox {
    private static final long TOP_BIT = Long.MIN_VALUE;
    private static final int DECIMAL = 10;

    /**
     * What a text says.
     *
     * @param value the number; of no meaning if there is an error
     * @param error {@code EINVAL} if it is none, {@code ERANGE} if it is too large
     */
    record Parsed(long value, Optional<Errno> error) {
        private static Parsed of(long value) {
            return new Parsed(value, Optional.empty());
        }

        private static Parsed wrong(Errno errno) {
            return new Parsed(0, Optional.of(errno));
        }
    }

    private Kstrtox() {}

    /**
     * {@code kstrtou8} to {@code kstrtoull}: a plus sign may stand before the number.
     *
     * @param bits of the type
     */
    static Parsed unsigned(String text, int bits) {
        return unsigned(text, bits, 0);
    }

    /** As {@link #unsigned(String, int)}, of base 10 whatever the number begins with. */
    static Parsed decimal(String text, int bits) {
        return unsigned(text, bits, DECIMAL);
    }

    private static Parsed unsigned(String text, int bits, int givenBase) {
        Parsed parsed = magnitude(text, text.startsWith("+") ? 1 : 0, givenBase);
        boolean fits = bits == Long.SIZE || parsed.value() >>> bits == 0;
        return parsed.error().isPresent() || fits ? parsed : Parsed.wrong(Errno.ERANGE);
    }

    /**
     * {@code kstrtos8} to {@code kstrtoll}: a sign may stand before the number.
     *
     * @param bits of the type
     */
    static Parsed signed(String text, int bits) {
        boolean negative = text.startsWith("-");
        Parsed parsed = magnitude(text, negative || text.startsWith("+") ? 1 : 0, 0);
        if (parsed.error().isPresent()) {
            return parsed;
        }
        long most = negative ? TOP_BIT : Long.MAX_VALUE;
        if (Long.compareUnsigned(parsed.value(), most) > 0) {
            return Parsed.wrong(Errno.ERANGE);
        }
        long value = negative ? -parsed.value() : parsed.value();
        int unused = Long.SIZE - bits;
        return value << unused >> unused == value ? Parsed.of(value) : Parsed.wrong(Errno.ERANGE);
    }

    /**
     * Base 16 after 0x and a digit, 8 after 0, else 10, if none is given; one newline may end the number. All digits are read before
     * the rest is.
     */
    private static Parsed magnitude(String text, int start, int givenBase) {
        int at = start;
        int base = DECIMAL;
        if (givenBase == 0 && text.startsWith("0", at)) {
            base = 8;
            if (text.length() > at + 2
                    && (text.charAt(at + 1) | 0x20) == 'x'
                    && Character.digit(text.charAt(at + 2), 16) >= 0
                    && text.charAt(at + 2) < 0x80) {
                base = 16;
                at += 2;
            }
        }
        int first = at;
        long value = 0;
        boolean overflow = false;
        for (; at < text.length(); at++) {
            char c = text.charAt(at);
            int digit = c < 0x80 ? Character.digit(c, base) : -1;
            if (digit < 0) {
                break;
            }
            overflow |= Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, base)) > 0;
            value = value * base + digit;
        }
        if (overflow) {
            return Parsed.wrong(Errno.ERANGE);
        }
        boolean ends = at == text.length() || (at == text.length() - 1 && text.charAt(at) == '\n');
        return at > first && ends ? Parsed.of(value) : Parsed.wrong(Errno.EINVAL);
    }

    /** {@code kstrtobool}: the first letter counts, of {@code on} and {@code off} the second. */
    static Optional<Boolean> bool(String text, Generation generation) {
        char first = text.isEmpty() ? 0 : text.charAt(0);
        return switch (first) {
            case 'y', 'Y', 't', 'T', '1' -> Optional.of(true);
            case 'n', 'N', 'f', 'F', '0' -> Optional.of(false);
            case 'e', 'E' -> generation.knowsEnableAndDisable() ? Optional.of(true) : Optional.empty();
            case 'd', 'D' -> generation.knowsEnableAndDisable() ? Optional.of(false) : Optional.empty();
            case 'o', 'O' ->
                switch (text.length() > 1 ? text.charAt(1) : 0) {
                    case 'n', 'N' -> Optional.of(true);
                    case 'f', 'F' -> Optional.of(false);
                    default -> Optional.empty();
                };
            default -> Optional.empty();
        };
    }
}
