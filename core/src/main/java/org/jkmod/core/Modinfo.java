package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code .modinfo}: {@code tag=value} strings, NUL-terminated, in the order of the file; a tag may occur more than once.
 * Strings have a character a byte (ISO 8859-1); see {@link #text} for the ones that people wrote. Immutable.
 */
public final class Modinfo {
    /**
     * One string of the section.
     *
     * @param tag what stands before the first {@code =}
     * @param value what stands behind it
     */
    public record Entry(String tag, String value) {}

    /** No strings at all. */
    static final Modinfo EMPTY = new Modinfo(new byte[0]);

    /** The strings, with NULs between them: as bytes, they are a tenth of what they would be as entries, and a load asks for few. */
    private final byte[] bytes;

    /** Null until somebody asks for all. */
    private volatile @Nullable List<Entry> entries;

    private Modinfo(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Reads the section's content. Strings without {@code =} are passed over, as the kernel passes over them. */
    static Modinfo parse(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        return new Modinfo(bytes);
    }

    /**
     * Reads the strings as {@code get_next_modinfo} does: the first one even of a section of no bytes, and one that the section's end
     * cuts up to the next NUL of the file.
     *
     * @param end where the file ends
     * @param offset where in the file the section begins; must lie within it
     * @param size of the section in bytes
     */
    static Modinfo parseAsLoader(byte[] file, int end, long offset, long size) {
        long left = size;
        int start = (int) Math.min(offset, end);
        int at = start;
        while (at < end) {
            int next = at;
            while (next < end && file[next] != 0) {
                next++;
            }
            while (next < end && file[next] == 0) {
                next++;
            }
            left -= next - at;
            at = next;
            if (left <= 0) {
                break;
            }
        }
        return new Modinfo(Arrays.copyOfRange(file, start, at));
    }

    /** All entries in the file's order. */
    public List<Entry> entries() {
        List<Entry> known = entries;
        if (known == null) {
            List<Entry> found = new ArrayList<>();
            for (int start = 0; start < bytes.length; ) {
                int end = end(start);
                int equals = start;
                while (equals < end && bytes[equals] != '=') {
                    equals++;
                }
                if (equals < end) {
                    found.add(new Entry(latin1(start, equals), latin1(equals + 1, end)));
                }
                start = end + 1;
            }
            known = List.copyOf(found);
            entries = known;
        }
        return known;
    }

    /** Where the string that begins there ends. */
    private int end(int start) {
        int end = start;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return end;
    }

    /** Whether the string from one place to another has this tag. */
    private boolean hasTag(int start, int end, String tag) {
        int length = tag.length();
        if (length >= end - start || bytes[start + length] != '=') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[start + i] == '=' || (bytes[start + i] & 0xff) != tag.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String latin1(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The first value of a tag ({@code get_modinfo}). */
    public Optional<String> first(String tag) {
        for (int at = 0; at < bytes.length; ) {
            int end = end(at);
            if (hasTag(at, end, tag)) {
                return Optional.of(latin1(at + tag.length() + 1, end));
            }
            at = end + 1;
        }
        return Optional.empty();
    }

    /** All values of a tag in the file's order. */
    public List<String> all(String tag) {
        List<String> values = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int end = end(at);
            if (hasTag(at, end, tag)) {
                values.add(latin1(at + tag.length() + 1, end));
            }
            at = end + 1;
        }
        return List.copyOf(values);
    }

    /** A value as people read it: its bytes as UTF-8. */
    public static String text(String value) {
        return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
