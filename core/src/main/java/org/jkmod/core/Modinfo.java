package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    static final Modinfo EMPTY = new Modinfo(List.of());

    private final List<Entry> entries;

    private Modinfo(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Reads the section's content. Strings without {@code =} are passed over, as the kernel passes over them. */
    static Modinfo parse(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int end = at;
            int equals = -1;
            while (end < bytes.length && bytes[end] != 0) {
                if (equals < 0 && bytes[end] == '=') {
                    equals = end;
                }
                end++;
            }
            if (equals >= 0) {
                entries.add(new Entry(latin1(bytes, at, equals), latin1(bytes, equals + 1, end)));
            }
            at = end + 1;
        }
        return new Modinfo(entries);
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
        List<Entry> entries = new ArrayList<>();
        long left = size;
        int at = (int) Math.min(offset, end);
        while (at < end) {
            int stop = at;
            int equals = -1;
            while (stop < end && file[stop] != 0) {
                if (equals < 0 && file[stop] == '=') {
                    equals = stop;
                }
                stop++;
            }
            if (equals >= 0) {
                entries.add(new Entry(latin1(file, at, equals), latin1(file, equals + 1, stop)));
            }
            int next = stop;
            while (next < end && file[next] == 0) {
                next++;
            }
            left -= next - at;
            if (left <= 0) {
                break;
            }
            at = next;
        }
        return new Modinfo(entries);
    }

    private static String latin1(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** All entries in the file's order. */
    public List<Entry> entries() {
        return entries;
    }

    /** The first value of a tag ({@code get_modinfo}). */
    public Optional<String> first(String tag) {
        for (Entry entry : entries) {
            if (entry.tag().equals(tag)) {
                return Optional.of(entry.value());
            }
        }
        return Optional.empty();
    }

    /** All values of a tag in the file's order. */
    public List<String> all(String tag) {
        return entries.stream()
                .filter(e -> e.tag().equals(tag))
                .map(Entry::value)
                .toList();
    }

    /** A value as people read it: its bytes as UTF-8. */
    public static String text(String value) {
        return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
