package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A folder that stands for the root of a file system, as chroot(2) has it: a path inside of it never leads out. Symbolic links are
 * followed; absolute ones begin at the root again, and {@code ..} ends there. Immutable; what it finds is what is there at that moment.
 */
public final class Sysroot {
    /** As many links as Linux follows: path_resolution(7). */
    private static final int MAX_LINKS = 40;

    /** {@code PATH_MAX} of Linux: what a link may add is bounded, too. */
    private static final int MAX_NAMES = 4096;

    private static final Sysroot HOST = new Sysroot(Path.of("/"));

    private final Path root;

    private Sysroot(Path root) {
        this.root = root;
    }

    /** The file system of a folder. */
    public static Sysroot of(Path root) {
        return new Sysroot(root.toAbsolutePath().normalize());
    }

    /** The host's own file system. */
    public static Sysroot host() {
        return HOST;
    }

    /** The folder. */
    public Path root() {
        return root;
    }

    /**
     * The file that a path means inside of the root.
     *
     * @param path absolute, or from the root
     * @return where it is for this process; it need not exist. No part of it below the root is a symbolic link
     * @throws FileSystemLoopException if there are more than 40 links on the way
     * @throws IOException if a link cannot be read
     */
    public Path resolve(String path) throws IOException {
        Deque<String> names = new ArrayDeque<>();
        addFirst(names, Path.of(path));
        Path at = root;
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.removeFirst();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                at = at.equals(root) ? root : parent(at);
                continue;
            }
            Path next = at.resolve(name);
            if (!Files.isSymbolicLink(next)) {
                at = next;
                continue;
            }
            Path target = Files.readSymbolicLink(next);
            if (++links > MAX_LINKS || names.size() + target.getNameCount() > MAX_NAMES) {
                throw new FileSystemLoopException(root.resolve(relative(path)).toString());
            }
            addFirst(names, target);
            if (target.isAbsolute()) {
                at = root;
            }
        }
        return at;
    }

    /**
     * A file below a folder, as {@link #resolve(String)} has it.
     *
     * @param folder of this process, inside of the root
     * @param path from there
     */
    public Path resolve(Path folder, String path) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        if (!absolute.startsWith(root)) {
            throw new IllegalArgumentException(folder + " is not inside of " + root);
        }
        return resolve(shown(absolute) + "/" + path);
    }

    /** Whether there is a folder of that path. */
    boolean isDirectory(String path) throws IOException {
        return Files.isDirectory(resolve(path), LinkOption.NOFOLLOW_LINKS);
    }

    /** A file of this process as its path is inside of the root: {@code /etc/modprobe.d/a.conf}. */
    String shown(Path file) {
        return file.startsWith(root) ? "/" + root.relativize(file) : file.toString();
    }

    private Path parent(Path at) {
        Path parent = at.getParent();
        return parent == null ? root : parent;
    }

    private static String relative(String path) {
        int start = 0;
        while (start < path.length() && path.charAt(start) == '/') {
            start++;
        }
        return path.substring(start);
    }

    private static void addFirst(Deque<String> names, Path path) {
        for (int i = path.getNameCount() - 1; i >= 0; i--) {
            names.addFirst(path.getName(i).toString());
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
