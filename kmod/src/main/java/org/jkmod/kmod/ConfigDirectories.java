package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * The files of a configuration that lies in several directories, such as modprobe.d: of files of one name only that in the first
 * directory counts, and all are read in the order of their names, whichever directories they are in. Measured on kmod 30 and 34.2; the
 * precedence of modules-load.d is the same (modules-load.d(5)).
 */
public final class ConfigDirectories {
    /** The ending of a file's name that counts. */
    private static final String ENDING = ".conf";

    /** A directory has some ten files. */
    private static final int MAX_FILES = 1 << 16;

    private ConfigDirectories() {}

    /**
     * A file of a configuration.
     *
     * @param name by which it is ordered, and hides others: its base name
     * @param path where it is
     * @param shown what to call it in messages
     */
    public record Source(String name, Path path, String shown) {
        /** The largest file that is read, in bytes; those of distributions have some thousand. */
        static final int MAX_SIZE = 1 << 26;

        /**
         * Its lines as kmod reads its configurations: a backslash at the end of one joins the next to it, elsewhere it just goes,
         * {@code #} in the first column makes a comment, and lines of blanks only do not count. Characters are bytes (ISO 8859-1).
         *
         * @throws IOException if it cannot be read
         * @throws MalformedInputException if it is too large
         */
        public List<Line> lines(Compat compat) throws IOException {
            return ConfigLines.of(new String(bytes(), StandardCharsets.ISO_8859_1), compat);
        }

        /** All of it. */
        byte[] bytes() throws IOException {
            return InputFile.read(path, MAX_SIZE, "a configuration of at most so many");
        }
    }

    /**
     * A line, or several that backslashes join.
     *
     * @param number of its last line in the file, from 1: what kmod says in messages
     * @param text without the ends of lines
     */
    public record Line(int number, String text) {}

    /**
     * The directories of a configuration, the first the most important.
     *
     * @param folder its name: {@code modprobe.d}, {@code depmod.d}
     */
    public static List<String> of(String folder, Compat compat) {
        List<String> parents = compat == Compat.KMOD_30
                ? List.of("/etc", "/run", "/usr/local/lib", "/lib")
                : List.of("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib");
        List<String> directories = new ArrayList<>();
        for (String parent : parents) {
            directories.add(parent + "/" + folder);
        }
        return List.copyOf(directories);
    }

    /**
     * The files of directories of a root file system, in the order in which they are read. Directories that are not there have none.
     *
     * @param directories absolute paths inside of the root, the first the most important; one that is a file stands for itself
     * @param compat kmod 30 lets a link to nothing hide other files
     * @throws IOException if a directory is there, and cannot be read
     */
    public static List<Source> sources(Sysroot sysroot, List<String> directories, Compat compat) throws IOException {
        Map<String, Source> found = new HashMap<>();
        for (String directory : directories) {
            Path path = sysroot.resolve(directory);
            if (Files.isDirectory(path)) {
                for (String name : names(path)) {
                    String inside = directory + (directory.endsWith("/") ? "" : "/") + name;
                    add(found, new Source(name, sysroot.resolve(inside), inside), compat);
                }
            } else if (Files.exists(path)) {
                add(found, new Source(String.valueOf(Path.of(directory).getFileName()), path, directory), compat);
            }
        }
        return found.isEmpty() ? List.of() : sorted(found.values());
    }

    /** Sources by the bytes of their names. */
    static List<Source> sorted(Iterable<Source> sources) {
        return ImmutableList.sortedCopyOf(Comparator.comparing(Source::name, ConfigDirectories::compareBytes), sources);
    }

    /** strcmp(3): by UTF-8, which only beyond the basic plane differs from {@link String#compareTo}. */
    private static int compareBytes(String a, String b) {
        return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    private static void add(Map<String, Source> found, Source source, Compat compat) {
        boolean there = Files.exists(source.path());
        if (Files.isDirectory(source.path()) || (!there && compat != Compat.KMOD_30)) {
            return;
        }
        found.putIfAbsent(source.name(), source);
    }

    private static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.endsWith(ENDING) && !name.startsWith(".")) {
                    names.add(name);
                    if (names.size() > MAX_FILES) {
                        throw new MalformedInputException(
                                directory.toString(), "entries", 0, "more than " + MAX_FILES, "fewer files");
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }
}
