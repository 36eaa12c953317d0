package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.time.YearMonth;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** UTCTime and GeneralizedTime as the kernel takes them ({@code x509_decode_time}); only their form matters to a module's signature. */
final class SignatureTime {
    private static final Pattern FORM = Pattern.compile("(\\d{2}|\\d{4})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z");
    private static final int UTC_SIZE = 13;
    private static final int GENERALIZED_SIZE = 15;

    private SignatureTime() {}

    /**
     * Checks a time.
     *
     * @throws SignatureFault EBADMSG if it is none
     */
    static void check(int tag, byte[] content) {
        Matcher m = FORM.matcher(new String(content, StandardCharsets.ISO_8859_1));
        boolean utc = tag == DerReader.UTC_TIME && content.length == UTC_SIZE;
        boolean generalized = tag == DerReader.GENERALIZED_TIME && content.length == GENERALIZED_SIZE;
        if (!(utc || generalized) || !m.matches()) {
            throw DerReader.bad();
        }
        int year = Integer.parseInt(m.group(1));
        if (utc) {
            year += year >= 50 ? 1900 : 2000;
        } else if (year >= 1950 && year <= 2049) {
            // RFC 5280, section 4.1.2.5: these are UTCTime
            throw DerReader.bad();
        }
        int month = Integer.parseInt(m.group(2));
        int day = Integer.parseInt(m.group(3));
        if (year < 1970 || month < 1 || month > 12 || day < 1) {
            throw DerReader.bad();
        }
        // 24:00:00 is midnight tomorrow, and second 60 a leap second.
        if (day > YearMonth.of(year, month).lengthOfMonth()
                || Integer.parseInt(m.group(4)) > 24
                || Integer.parseInt(m.group(5)) > 59
                || Integer.parseInt(m.group(6)) > 60) {
            throw DerReader.bad();
        }
    }
}
