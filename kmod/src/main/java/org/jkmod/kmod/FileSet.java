package org.jkmod.kmod;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes files that belong together. */
final class FileSet {
    private FileSet() {}

    /**
     * Writes files to a folder: temporary ones, which take the places of those that were there when all are written.
     *
     * @throws IOException if one cannot be written; the temporary ones are gone then
     */
    static void write(Path folder, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(folder);
        // Nobody else's: of this process, and of this moment.
        String ending = "." + ProcessHandle.current().pid() + "." + Long.toHexString(System.nanoTime()) + ".new";
        List<Path> written = new ArrayList<>();
        try {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Path temporary = folder.resolve(file.getKey() + ending);
                try (OutputStream out = open(temporary)) {
                    written.add(temporary);
                    out.write(file.getValue());
                }
            }
            // What is no file can't be replaced: better found before the first is.
            for (String name : files.keySet()) {
                if (Files.isDirectory(folder.resolve(name))) {
                    throw new java.nio.file.FileSystemException(
                            folder.resolve(name).toString(), null, "Is a directory");
                }
            }
            replace(folder, files.keySet(), ending);
        } catch (IOException | RuntimeException | Error e) {
            delete(written, e);
            throw e;
        }
    }

    /** Renames files in their order; if one can't be, those before it are again what they were, if the file system has links. */
    private static void replace(Path folder, Iterable<String> names, String ending) throws IOException {
        Map<Path, Path> kept = new LinkedHashMap<>();
        List<Path> made = new ArrayList<>();
        List<Path> replaced = new ArrayList<>();
        try {
            for (String name : names) {
                Path file = folder.resolve(name);
                boolean isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
                if (!isNew) {
                    keep(file, folder.resolve(name + ending + ".old"), kept);
                }
                Files.move(
                        folder.resolve(name + ending),
                        file,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                (isNew ? made : replaced).add(file);
            }
        } catch (IOException | RuntimeException | Error e) {
            delete(made, e);
            for (Path file : replaced) {
                restore(file, kept.get(file), e);
            }
            delete(kept.values(), e);
            throw e;
        }
        for (Path old : kept.values()) {
            Files.deleteIfExists(old);
        }
    }

    /** Gives a file a second name, where that can be. */
    private static void keep(Path file, Path old, Map<Path, Path> kept) {
        try {
            Files.createLink(old, file);
            kept.put(file, old);
        } catch (IOException | UnsupportedOperationException e) {
            // a file system without links: it is replaced all the same
        }
    }

    private static void restore(Path file, @Nullable Path old, Throwable why) {
        try {
            if (old != null) {
                Files.move(old, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException suppressed) {
            why.addSuppressed(suppressed);
        }
    }

    private static void delete(Iterable<Path> files, Throwable why) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException suppressed) {
                why.addSuppressed(suppressed);
            }
        }
    }

    /** A new file, that all may read, but only its owner may write: as kmod makes them. */
    private static OutputStream open(Path file) throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return Channels.newOutputStream(FileChannel.open(file, options));
        }
        Set<PosixFilePermission> mode = PosixFilePermissions.fromString("rw-r--r--");
        return Channels.newOutputStream(FileChannel.open(file, options, PosixFilePermissions.asFileAttribute(mode)));
    }
}
