package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jkmod.elf.InputFile;

/**
 * {@code modules.builtin.modinfo}: what the modules that are a part of the kernel would have in their {@code .modinfo}; strings {@code
 * MODULE.TAG=VALUE}, each with a NUL at its end.
 */
final class BuiltinModinfo {
    /** Debian's has 200,000 bytes. */
    private static final int MAX_SIZE = 1 << 26;

    private final byte[] bytes;

    private BuiltinModinfo(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Who hears of the strings. */
    interface Reader {
        /** Hears one. */
        void accept(String module, String tag, String value);
    }

    /** A tree's {@code modules.builtin.modinfo}; empty if it is not there. */
    static BuiltinModinfo read(Path file) throws IOException {
        return Files.isRegularFile(file) ? readFile(file) : of(new byte[0]);
    }

    /** That of a file, which must be there. */
    static BuiltinModinfo readFile(Path file) throws IOException {
        return of(InputFile.read(file, MAX_SIZE, "what built-in modules say of themselves"));
    }

    static BuiltinModinfo of(byte[] bytes) {
        return new BuiltinModinfo(bytes);
    }

    /** The strings in their order. */
    Strings strings() {
        return new Strings(bytes);
    }

    /** Tells the strings in their order; those of another form are passed over. */
    void forEach(Reader reader) {
        for (Strings at = strings(); at.next(); ) {
            if (at.point > at.from && at.equals > at.point) {
                reader.accept(
                        text(at.from, at.point).replace('-', '_'),
                        text(at.point + 1, at.equals),
                        text(at.equals + 1, at.end));
            }
        }
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** A string and its parts, as places in the bytes; then the next one. Tags may have points, names of modules have none. */
    static final class Strings {
        final byte[] bytes;
        int from;
        /** The first point; -1 if there is none. */
        int point;
        /** The first equals sign; -1 if there is none. */
        int equals;
        /** Its NUL, or the end of the bytes. */
        int end = -1;

        private Strings(byte[] bytes) {
            this.bytes = bytes;
        }

        /** Goes to the next string; false if there is none. */
        boolean next() {
            from = end + 1;
            point = -1;
            equals = -1;
            if (from >= bytes.length) {
                return false;
            }
            end = from;
            while (end < bytes.length && bytes[end] != 0) {
                point = bytes[end] == '.' && point < 0 ? end : point;
                equals = bytes[end] == '=' && equals < 0 ? end : equals;
                end++;
            }
            return true;
        }

        /** Whether its NUL is there, as it is of all but, perhaps, the last. */
        boolean isEnded() {
            return end < bytes.length;
        }
    }
}
