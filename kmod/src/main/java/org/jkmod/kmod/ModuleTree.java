package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The modules of one kernel in a root file system: {@code lib/modules/RELEASE}, or {@code usr/lib/modules/RELEASE}. Immutable: what was
 * there when it was opened.
 */
public final class ModuleTree {
    /** A tree is some thousand files in some hundred folders; links are not followed, so that this is enough. */
    private static final int MAX_DEPTH = 64;

    /** Where trees are in a root file system. */
    private static final List<String> PLACES = List.of("lib/modules", "usr/lib/modules");

    /**
     * A module of the tree.
     *
     * @param name its name, with underscores
     * @param path its file
     */
    public record Entry(String name, Path path) {}

    private final Path root;
    private final Sysroot sysroot;
    private final Path folder;
    private final String release;
    private final ImmutableList<Entry> modules;
    private final ImmutableMap<String, Entry> byName;

    private ModuleTree(Path root, Path folder, String release, List<Entry> modules) {
        this.root = root;
        this.sysroot = Sysroot.of(root);
        this.folder = folder;
        this.release = release;
        this.modules = ImmutableList.copyOf(modules);
        Map<String, Entry> names = new LinkedHashMap<>();
        modules.forEach(entry -> names.putIfAbsent(entry.name(), entry));
        this.byName = ImmutableMap.copyOf(names);
    }

    /**
     * Finds the modules of a kernel.
     *
     * @param root of the file system
     * @throws IOException if there is no such folder, or it cannot be read
     */
    public static ModuleTree open(Path root, String release) throws IOException {
        Sysroot sysroot = Sysroot.of(root);
        String place = null;
        for (String candidate : PLACES) {
            if (place == null && sysroot.isDirectory(candidate + "/" + release)) {
                place = candidate;
            }
        }
        if (place == null) {
            throw new NoSuchFileException(
                    root.resolve(PLACES.get(0)).resolve(release).toString());
        }
        Path folder = root.resolve(place).resolve(release);
        Path inside = inside(root, sysroot, place + "/" + release);
        if (!Files.isDirectory(folder) || !Files.isSameFile(folder, inside)) {
            // an absolute link
            folder = inside;
        }
        // Links to the headers, not part of the tree.
        List<Entry> found = files(folder, Set.of("build", "source")).stream()
                .map(file -> new Entry(moduleName(String.valueOf(file.getFileName())), file))
                .toList();
        return new ModuleTree(root, folder, release, found);
    }

    /** Where a path of the root leads, written as the root is. */
    private static Path inside(Path root, Sysroot sysroot, String path) throws IOException {
        return root.resolve(sysroot.root().relativize(sysroot.resolve(path)));
    }

    /**
     * All modules below a folder, by the names of their files, in the order of their paths; links are not followed.
     *
     * @throws IOException if a folder cannot be read
     */
    public static List<Path> files(Path folder) throws IOException {
        return files(folder, Set.of());
    }

    private static List<Path> files(Path folder, Set<String> skipped) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, Set.of(), MAX_DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                return skipped.contains(String.valueOf(dir.getFileName()))
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = String.valueOf(file.getFileName());
                if (attributes.isRegularFile() && ModuleFile.SUFFIXES.stream().anyMatch(name::endsWith)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(Comparator.comparing(Path::toString));
        return found;
    }

    /**
     * The kernels that have modules in a root file system, in the order of their names.
     *
     * @throws IOException if a folder cannot be read
     */
    public static List<String> releases(Path root) throws IOException {
        TreeSet<String> releases = new TreeSet<>();
        Sysroot sysroot = Sysroot.of(root);
        for (String place : PLACES) {
            if (!sysroot.isDirectory(place)) {
                continue;
            }
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(sysroot.resolve(place))) {
                for (Path folder : folders) {
                    String name = String.valueOf(folder.getFileName());
                    if (sysroot.isDirectory(place + "/" + name)) {
                        releases.add(name);
                    }
                }
            }
        }
        return List.copyOf(releases);
    }

    /** The name of a module by that of its file: up to the first point, with underscores for dashes. */
    public static String moduleName(String fileName) {
        String base = fileName.substring(fileName.lastIndexOf('/') + 1);
        int point = base.indexOf('.');
        return (point < 0 ? base : base.substring(0, point)).replace('-', '_');
    }

    /** The root file system that the tree is part of. */
    Sysroot sysroot() {
        return sysroot;
    }

    /** A file of the tree, that of depmod's for example; it need not be there. */
    Path file(String name) throws IOException {
        return sysroot.resolve(folder, name);
    }

    /** The file that an absolute path of modules.dep means, inside of the root. */
    Path absolute(String path) throws IOException {
        return inside(root, sysroot, path);
    }

    /** The tree's folder. */
    public Path folder() {
        return folder;
    }

    /** The kernel's release. */
    public String release() {
        return release;
    }

    /** All modules, in the order of their paths. */
    public List<Entry> modules() {
        return modules;
    }

    /** The module of a name; the first by path if there are several. */
    public Optional<Entry> module(String name) {
        return Optional.ofNullable(byName.get(moduleName(name)));
    }
}
