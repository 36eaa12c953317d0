package org.jkmod.core;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The object identifiers that a kernel has a name for (include/linux/oid_registry.h). It prints their numbers in that list, and
 * complains of those that are not in it.
 */
final class ObjectIdentifiers {
    static final String RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    static final String DATA = "1.2.840.113549.1.7.1";
    static final String SIGNED_DATA = "1.2.840.113549.1.7.2";
    static final String CONTENT_TYPE = "1.2.840.113549.1.9.3";
    static final String MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    static final String SIGNING_TIME = "1.2.840.113549.1.9.5";
    static final String SMIME_CAPABILITIES = "1.2.840.113549.1.9.15";
    static final String MS_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4";
    static final String MS_STATEMENT_TYPE = "1.3.6.1.4.1.311.2.1.11";
    static final String MS_SP_OPUS_INFO = "1.3.6.1.4.1.311.2.1.12";
    static final String EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    static final String COMMON_NAME = "2.5.4.3";
    static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    static final String KEY_USAGE = "2.5.29.15";
    static final String BASIC_CONSTRAINTS = "2.5.29.19";
    static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

    /** What {@link #find} says of one that is not in the list. */
    static final String UNKNOWN = "";

    /** The list: a - only up to 6.6, a + from 6.7, a * from 7.0. Seen in 6.1, 6.12 and 7.2. */
    private static final String LIST =
            "1.2.840.10030.4.3 1.2.840.10040.4.1 1.2.840.10045.2.1 1.2.840.10045.3.1.1 1.2.840.10045.3.1.7 "
                    + "1.2.840.10045.4.1 1.2.840.10045.4.3.1 1.2.840.10045.4.3.2 1.2.840.10045.4.3.3 1.2.840.10045.4.3.4 "
                    + "1.2.840.113549.1.1.1 -1.2.840.113549.1.1.2 -1.2.840.113549.1.1.3 -1.2.840.113549.1.1.4 "
                    + "1.2.840.113549.1.1.5 1.2.840.113549.1.1.11 1.2.840.113549.1.1.12 1.2.840.113549.1.1.13 "
                    + "1.2.840.113549.1.1.14 1.2.840.113549.1.7.1 1.2.840.113549.1.7.2 1.2.840.113549.1.9.1 "
                    + "1.2.840.113549.1.9.3 1.2.840.113549.1.9.4 1.2.840.113549.1.9.5 1.2.840.113549.1.9.15 "
                    + "1.2.840.113549.1.9.16.2.11 -1.2.840.113549.2.2 -1.2.840.113549.2.4 -1.2.840.113549.2.5 "
                    + "1.2.840.48018.1.2.2 1.2.840.113554.1.2.2 1.2.840.113554.1.2.2.3 1.3.6.1.4.1.311.2.1.4 "
                    + "1.3.6.1.4.1.311.2.1.11 1.3.6.1.4.1.311.2.1.12 1.3.6.1.4.1.311.2.1.15 1.3.6.1.4.1.311.2.1.21 "
                    + "1.3.6.1.4.1.311.16.4 1.3.6.1.4.1.311.2.2.10 +1.3.6.1.4.1.311.2.2.30 1.3.6.1.5.5.2 1.3.6.1.5.2.5 "
                    + "1.3.5.1.5.2.7 1.3.6.1.5.5.14 1.3.6.1.5.5.7.1.1 1.3.14.3.2.26 1.3.132.0.34 +1.3.132.0.35 "
                    + "2.16.840.1.101.3.4.2.1 2.16.840.1.101.3.4.2.2 2.16.840.1.101.3.4.2.3 2.16.840.1.101.3.4.2.4 2.5.4.3 "
                    + "2.5.4.4 2.5.4.6 2.5.4.7 2.5.4.8 2.5.4.10 2.5.4.11 2.5.4.12 2.5.4.13 2.5.4.41 2.5.4.42 2.5.4.43 "
                    + "2.5.4.44 2.5.29.14 2.5.29.15 2.5.29.17 2.5.29.18 2.5.29.19 2.5.29.31 2.5.29.32 2.5.29.35 2.5.29.37 "
                    + "1.2.752.43.14.2 1.2.752.43.14.3 1.2.643.2.2.35.1 1.2.643.2.2.35.2 1.2.643.2.2.35.3 "
                    + "1.2.643.7.1.1.1.1 1.2.643.7.1.1.1.2 1.2.643.7.1.1.2.2 1.2.643.7.1.1.2.3 1.2.643.7.1.1.3.2 "
                    + "1.2.643.7.1.1.3.3 1.2.643.7.1.2.1.1.1 1.2.643.7.1.2.1.1.2 1.2.643.7.1.2.1.1.3 1.2.643.7.1.2.1.1.4 "
                    + "1.2.643.7.1.2.1.2.1 1.2.643.7.1.2.1.2.2 1.2.643.7.1.2.1.2.3 1.2.156.10197.1.301 1.2.156.10197.1.401 "
                    + "1.2.156.10197.1.501 1.2.156.10197.1.504 2.23.133.10.1.3 2.23.133.10.1.4 2.23.133.10.1.5 "
                    + "+2.16.840.1.101.3.4.2.8 +2.16.840.1.101.3.4.2.9 +2.16.840.1.101.3.4.2.10 +2.16.840.1.101.3.4.3.10 "
                    + "+2.16.840.1.101.3.4.3.11 +2.16.840.1.101.3.4.3.12 +2.16.840.1.101.3.4.3.14 +2.16.840.1.101.3.4.3.15 "
                    + "+2.16.840.1.101.3.4.3.16 *2.16.840.1.101.3.4.3.17 *2.16.840.1.101.3.4.3.18 *2.16.840.1.101.3.4.3.19 ";

    /** What sprint_oid writes at most, in characters. */
    private static final int MAX_TEXT = 49;

    private final ImmutableMap<String, String> byBytes;
    private final ImmutableMap<String, Integer> numbers;

    private ObjectIdentifiers(ImmutableMap<String, String> byBytes, ImmutableMap<String, Integer> numbers) {
        this.byBytes = byBytes;
        this.numbers = numbers;
    }

    /** The list of a kernel. */
    static ObjectIdentifiers of(KernelRelease release) {
        ImmutableMap.Builder<String, String> byBytes = ImmutableMap.builder();
        ImmutableMap.Builder<String, Integer> numbers = ImmutableMap.builder();
        int number = 0;
        for (String entry : Splitter.on(' ').omitEmptyStrings().split(LIST)) {
            String text = entry.substring(Character.isDigit(entry.charAt(0)) ? 0 : 1);
            if (isIn(entry.charAt(0), release)) {
                byBytes.put(encode(text), text);
                numbers.put(text, number++);
            }
        }
        return new ObjectIdentifiers(byBytes.buildOrThrow(), numbers.buildOrThrow());
    }

    private static boolean isIn(char mark, KernelRelease release) {
        return switch (mark) {
            case '-' -> !release.isAtLeast(6, 7);
            case '+' -> release.isAtLeast(6, 7);
            case '*' -> release.isAtLeast(7, 0);
            default -> true;
        };
    }

    /** The content of an OBJECT IDENTIFIER (X.690, 8.19), in hexadecimal. */
    private static String encode(String text) {
        List<String> arcs = Splitter.on('.').splitToList(text);
        StringBuilder hex = new StringBuilder(HexFormat.of()
                .toHexDigits((byte) (Integer.parseInt(arcs.get(0)) * 40 + Integer.parseInt(arcs.get(1)))));
        for (int i = 2; i < arcs.size(); i++) {
            int arc = Integer.parseInt(arcs.get(i));
            for (int shift = 28; shift >= 0; shift -= 7) {
                if (shift == 0 || arc >>> shift != 0) {
                    hex.append(HexFormat.of().toHexDigits((byte) (((arc >>> shift) & 0x7f) | (shift == 0 ? 0 : 0x80))));
                }
            }
        }
        return hex.toString();
    }

    /** An identifier's text, as {@code 2.5.4.3}; {@link #UNKNOWN} if it is not in the list. */
    String find(byte[] content) {
        return byBytes.getOrDefault(HexFormat.of().formatHex(content), UNKNOWN);
    }

    /** An identifier's number in the list; the size of the list if it is not in it. */
    int number(String text) {
        return numbers.getOrDefault(text, numbers.size());
    }

    /** The entries of a table, each an identifier and a word, that this kernel knows; the same marks as in the list. */
    static Map<String, String> table(KernelRelease release, String... rows) {
        ImmutableMap.Builder<String, String> table = ImmutableMap.builder();
        for (String row : rows) {
            int blank = row.indexOf(' ');
            boolean marked = !Character.isDigit(row.charAt(0));
            if (isIn(row.charAt(0), release)) {
                table.put(row.substring(marked ? 1 : 0, blank), row.substring(blank + 1));
            }
        }
        return table.buildOrThrow();
    }

    /** As the kernel prints an identifier that it does not know ({@code sprint_oid}). */
    static String print(byte[] content) {
        StringBuilder text = new StringBuilder();
        if (content.length == 0) {
            return "(bad)";
        }
        int first = content[0] & 0xff;
        text.append(first / 40).append('.').append(first % 40);
        for (int i = 1; i < content.length && text.length() < MAX_TEXT; i++) {
            long arc = content[i] & 0x7f;
            while (content[i] < 0) {
                if (++i == content.length) {
                    return cut(text.append("(bad)"));
                }
                arc = (arc << 7) | (content[i] & 0x7f);
            }
            text.append('.').append(Long.toUnsignedString(arc));
        }
        return cut(text);
    }

    private static String cut(StringBuilder text) {
        return text.substring(0, Math.min(MAX_TEXT, text.length()));
    }
}
