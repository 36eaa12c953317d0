package org.jkmod.elf;

import org.jspecify.annotations.Nullable;

/**
 * Section names that were asked for before: all modules of a kernel have the same few dozen, some 200,000 times in a tree. A name is kept
 * where its hash says, until another one is wanted there.
 */
final class SectionNames {
    // Read and written without a lock: a String is safe to publish so, and an old one is as good.
    private static final @Nullable String[] KNOWN = new String[512];

    private SectionNames() {}

    /** Bytes as a string, a character a byte. */
    static String of(byte[] bytes, int from, int length) {
        int hash = length;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + bytes[from + i];
        }
        int at = (hash ^ (hash >>> 16)) & (KNOWN.length - 1);
        String known = KNOWN[at];
        if (known != null && matches(known, bytes, from, length)) {
            return known;
        }
        String name = Section.latin1(bytes, from, length);
        KNOWN[at] = name;
        return name;
    }

    private static boolean matches(String name, byte[] bytes, int from, int length) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (name.charAt(i) != (bytes[from + i] & 0xff)) {
                return false;
            }
        }
        return true;
    }
}
