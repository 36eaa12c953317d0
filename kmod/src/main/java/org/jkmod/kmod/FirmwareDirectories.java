package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where a kernel looks for firmware, in its order ({@code fw_path} in drivers/base/firmware_loader): of {@code lib/firmware} first
 * {@code updates/RELEASE}, then {@code updates}, {@code RELEASE}, and the folder itself. A file that is not compressed goes before one
 * that is ({@code .zst}, then {@code .xz}), in whichever of the folders. Immutable; what it finds is what is there at that moment.
 */
public final class FirmwareDirectories {
    /** What a compressed file has behind its name. */
    private static final List<String> SUFFIXES = List.of("", ".zst", ".xz");

    /** A name may be a pattern, and a folder large: amdgpu's has 600 files. */
    private static final int MAX_MATCHES = 1 << 16;

    /** {@code PATH_MAX} of Linux. */
    private static final int MAX_LENGTH = 4096;

    /**
     * A file of firmware.
     *
     * @param name as the kernel asks for it, without the ending of a compressed file
     * @param path where it is found; may be a symbolic link, which is needed to find it
     * @param target what the link leads to in the end; the same if it is none
     */
    public record FirmwareFile(String name, Path path, Path target) {}

    /** A folder, and the file system that its links mean. */
    private record Place(Sysroot sysroot, String folder) {}

    private final List<Place> places;

    private FirmwareDirectories(List<Place> places) {
        this.places = places;
    }

    /**
     * The folders of a root file system.
     *
     * @param release of the kernel
     */
    public static FirmwareDirectories of(Sysroot sysroot, String release) {
        return new FirmwareDirectories(places(sysroot, "/lib/firmware", release));
    }

    /**
     * Other folders in place of {@code lib/firmware}, the first the most important.
     *
     * @param sysroot the root file system, for those that are in it
     * @param release of the kernel
     * @param folders of this process's file system
     */
    public static FirmwareDirectories of(Sysroot sysroot, String release, List<Path> folders) {
        List<Place> places = new ArrayList<>();
        for (Path given : folders) {
            Path folder = given.toAbsolutePath().normalize();
            places.addAll(
                    folder.startsWith(sysroot.root())
                            ? places(sysroot, sysroot.shown(folder), release)
                            : places(Sysroot.of(folder), "", release));
        }
        return new FirmwareDirectories(List.copyOf(places));
    }

    private static List<Place> places(Sysroot sysroot, String folder, String release) {
        return List.of(
                new Place(sysroot, folder + "/updates/" + release),
                new Place(sysroot, folder + "/updates"),
                new Place(sysroot, folder + "/" + release),
                new Place(sysroot, folder));
    }

    /**
     * Finds firmware.
     *
     * @param name as a module says it; some say a pattern, {@code brcm/brcmfmac*-sdio.*.bin}: it stands for all files that match
     * @return the files in the order of their names; none if the kernel would find none, or refuses the name: with {@code ..} in it
     * @throws IOException if a folder or a link cannot be read
     */
    public List<FirmwareFile> find(String name) throws IOException {
        if (isRefused(name)) {
            return List.of();
        }
        Optional<FirmwareFile> exact = file(name);
        if (exact.isPresent() || !hasWildcard(name)) {
            return exact.stream().toList();
        }
        Set<String> names = new TreeSet<>();
        for (Place place : places) {
            match(place, name, names);
        }
        List<FirmwareFile> found = new ArrayList<>();
        for (String match : names) {
            file(match).ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    private static boolean isRefused(String name) {
        return name.isEmpty()
                || name.length() >= MAX_LENGTH
                || name.indexOf('\0') >= 0
                || List.of(name.split("/", -1)).contains("..");
    }

    private static boolean hasWildcard(String name) {
        return name.chars().anyMatch(c -> "*?[".indexOf(c) >= 0);
    }

    private Optional<FirmwareFile> file(String name) throws IOException {
        for (String suffix : SUFFIXES) {
            for (Place place : places) {
                Optional<Path> target = regular(place, name + suffix);
                if (target.isPresent()) {
                    Path path = place.sysroot()
                            .root()
                            .resolve(withoutSlashes(place.folder() + "/" + name + suffix))
                            .normalize();
                    return Optional.of(new FirmwareFile(name, path, target.get()));
                }
            }
        }
        return Optional.empty();
    }

    private static String withoutSlashes(String path) {
        int start = 0;
        while (start < path.length() && path.charAt(start) == '/') {
            start++;
        }
        return path.substring(start);
    }

    private static Optional<Path> regular(Place place, String name) throws IOException {
        try {
            Path target = place.sysroot().resolve(place.folder() + "/" + name);
            return Files.isRegularFile(target) ? Optional.of(target) : Optional.empty();
        } catch (InvalidPathException | FileSystemLoopException e) {
            // no file of this file system can have that name, or none is at the end of the links
            return Optional.empty();
        }
    }

    /** The names in a folder that match a pattern, part by part; a star matches no slash. */
    private static void match(Place place, String pattern, Set<String> names) throws IOException {
        String[] parts = pattern.split("/", -1);
        List<String> found = List.of("");
        for (int i = 0; i < parts.length; i++) {
            boolean last = i == parts.length - 1;
            List<String> next = new ArrayList<>();
            for (String before : found) {
                if (!last && !hasWildcard(parts[i])) {
                    next.add(before + parts[i] + "/");
                } else {
                    for (String name : names(place, before)) {
                        String plain = last ? withoutSuffix(name) : name;
                        if (next.size() < MAX_MATCHES && AliasPattern.matches(parts[i], plain)) {
                            next.add(before + plain + (last ? "" : "/"));
                        }
                    }
                }
            }
            found = next;
        }
        names.addAll(found);
    }

    private static String withoutSuffix(String name) {
        for (String suffix : SUFFIXES) {
            if (!suffix.isEmpty() && name.endsWith(suffix)) {
                return name.substring(0, name.length() - suffix.length());
            }
        }
        return name;
    }

    private static List<String> names(Place place, String folder) throws IOException {
        Path path;
        try {
            path = place.sysroot().resolve(place.folder() + "/" + folder);
        } catch (InvalidPathException | FileSystemLoopException e) {
            return List.of();
        }
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    @Override
    public String toString() {
        return String.join(
                ", ",
                places.stream()
                        .map(p -> p.sysroot()
                                .root()
                                .resolve(withoutSlashes(p.folder()))
                                .toString())
                        .toList());
    }
}
