package org.jkmod.kmod;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the modules of a tree and of the directories outside of it, one file a name, as the configuration prefers them. Links are
 * followed, as kmod does, but not in circles.
 */
final class ModuleSearch {
    /** A tree is ten directories deep. */
    private static final int MAX_DEPTH = 64;

    /** How many directories are looked into, since links can make few of them look like many: kernels have some hundred. */
    private static final int MAX_FOLDERS = 1 << 14;

    /** How many files and directories are looked at: kernels have some thousand. */
    private static final int MAX_ENTRIES = 1 << 20;

    /**
     * A module's file.
     *
     * @param name the module's
     * @param path in the tree, or absolute if it is outside of it; as depmod writes it: characters that are bytes
     * @param file where it is
     * @param exact the same, if its name has bytes that a {@link File} can't say
     */
    record Found(
            String name, String path, File file, @Nullable Path exact) {}

    private final DepmodConfig config;
    private final List<String> warnings;
    private final List<Found> found = new ArrayList<>();
    private final Map<String, Integer> byName = new HashMap<>();
    private final List<File> way = new ArrayList<>();
    private int entries;
    private int folders;

    ModuleSearch(DepmodConfig config, List<String> warnings) {
        this.config = config;
        this.warnings = warnings;
    }

    /** The modules, in the order in which their names were found. */
    List<Found> found() {
        return found;
    }

    /**
     * Looks through the tree's own folder.
     *
     * @throws IOException if there is none, or it cannot be read
     */
    void tree(File folder) throws IOException {
        if (!directory(folder, null, "", 0)) {
            throw folder.exists()
                    ? new NotDirectoryException(folder.toString())
                    : new NoSuchFileException(folder.toString());
        }
    }

    /**
     * Looks through the directories outside of it; one that is not there is told of.
     *
     * @param within the root file system that their paths are of; null if they are paths of this process
     */
    void externals(@Nullable Sysroot within) throws IOException {
        for (String directory : config.externals) {
            String path = shown(directory);
            File folder = within == null ? new File(path) : inside(within, path);
            if (folder == null || !directory(folder, null, directory + "/", 0)) {
                warnings.add("could not open directory " + path);
            }
        }
    }

    /** A directory of a root file system; null if this process can't say it. */
    private static @Nullable File inside(Sysroot root, String path) throws IOException {
        try {
            return root.resolve(path).toFile();
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** Text of characters that are bytes, to be read. */
    static String shown(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private boolean directory(File folder, @Nullable Path exact, String prefix, int depth) throws IOException {
        String[] names = exact == null ? folder.list() : null;
        if (names == null && (exact == null || !Files.isDirectory(exact))) {
            return false;
        }
        if (depth >= MAX_DEPTH) {
            warnings.add(folder + ": not looked into: deeper than " + MAX_DEPTH + " directories");
            return true;
        }
        if (++folders > MAX_FOLDERS) {
            throw new MalformedInputException(
                    folder.toString(), "directories", 0, "more than " + MAX_FOLDERS, "a tree of at most so many");
        }
        way.add(folder);
        if (names != null && isAscii(names)) {
            for (String name : names) {
                entry(new File(folder, name), null, name, prefix, depth);
            }
        } else {
            encoded(exact == null ? folder.toPath() : exact, prefix, depth);
        }
        way.remove(way.size() - 1);
        return true;
    }

    /** A directory with names that this process can't say: by paths, which keep their bytes. */
    private void encoded(Path folder, String prefix, int depth) throws IOException {
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
            for (Path path : paths) {
                entry(path.toFile(), path, bytes(path), prefix, depth);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** The last part of a path, each byte as a character. */
    private static String bytes(Path path) {
        String uri = path.toUri().getRawPath();
        int end = uri.endsWith("/") ? uri.length() - 1 : uri.length();
        StringBuilder name = new StringBuilder();
        for (int i = uri.lastIndexOf('/', end - 1) + 1; i < end; i++) {
            char c = uri.charAt(i);
            if (c == '%') {
                c = (char) Integer.parseInt(uri.substring(i + 1, i + 3), 16);
                i += 2;
            }
            name.append(c);
        }
        return name.toString();
    }

    private static boolean isAscii(String[] names) {
        for (String name : names) {
            for (int i = 0; i < name.length(); i++) {
                if (name.charAt(i) >= 0x80) {
                    return false;
                }
            }
        }
        return true;
    }

    private void entry(File file, @Nullable Path exact, String name, String prefix, int depth) throws IOException {
        if (++entries > MAX_ENTRIES) {
            throw new MalformedInputException(
                    String.valueOf(file.getParent()),
                    "entries",
                    0,
                    "more than " + MAX_ENTRIES,
                    "a tree of at most so many");
        }
        if (config.excluded.contains(name)) {
            return;
        }
        if (isModule(name)) {
            if (exact == null ? file.isFile() : Files.isRegularFile(exact)) {
                module(file, exact, name, prefix + name);
                return;
            }
            if (exact == null && !file.exists()) {
                warnings.add(file + ": No such file or directory");
                return;
            }
        }
        if (exact == null ? file.isDirectory() : Files.isDirectory(exact)) {
            if (isCircle(file, exact)) {
                warnings.add(file + ": not looked into: it leads back to itself");
            } else {
                directory(file, exact, prefix + name + "/", depth + 1);
            }
        }
    }

    /** Whether a directory is one of those that it is in: only a link can be. */
    private boolean isCircle(File directory, @Nullable Path exact) throws IOException {
        Path path = exact == null ? directory.toPath() : exact;
        if (Files.isSymbolicLink(path)) {
            for (File above : way) {
                if (Files.isSameFile(above.toPath(), path)) {
                    return true;
                }
            }
        }
        return false;
    }

    static boolean isModule(String name) {
        int point = name.lastIndexOf('.');
        if (point <= 0) {
            return false;
        }
        String ending = name.substring(point);
        if (ending.equals(".ko")) {
            return true;
        }
        return (ending.equals(".xz") || ending.equals(".zst") || ending.equals(".gz"))
                && point > 3
                && name.startsWith(".ko", point - 3);
    }

    /** Takes a file for a module, in place of another of its name or not. */
    void module(File file, @Nullable Path exact, String fileName, String path) {
        String name = ModuleTree.moduleName(fileName);
        Integer at = byName.get(name);
        if (at == null) {
            byName.put(name, found.size());
            found.add(new Found(name, path, file, exact));
        } else if (config.isBetter(path, found.get(at).path())) {
            found.set(at, new Found(name, path, file, exact));
        }
    }
}
