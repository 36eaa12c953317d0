package org.jkmod.symtab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;

/** Files of real kernels, where this machine has them: from distribution packages, and recorded from running ones. */
final class RealFiles {
    private RealFiles() {}

    /** The {@code Module.symvers} of every kernel that conformance/fetch-kernel unpacked, or the test is skipped. */
    static List<Path> moduleSymvers() throws IOException {
        Path root = cache();
        List<Path> files = glob(root, "*/usr/src/linux-headers-*/Module.symvers");
        Assumptions.assumeFalse(
                files.isEmpty(),
                "SKIPPED: no Module.symvers under " + root + ", get some with conformance/fetch-kernel KERNEL");
        return files;
    }

    /** The whole {@code /proc/kallsyms} of every kernel that conformance/ has recorded, or the test is skipped. */
    static List<Path> wholeKallsyms() throws IOException {
        String recordings = System.getenv("JKMOD_RECORDINGS");
        Path root = recordings != null ? Path.of(recordings) : cache().resolve("recordings");
        List<Path> files = glob(root, "*/kallsyms.txt.gz");
        Assumptions.assumeFalse(files.isEmpty(), "SKIPPED: no whole kallsyms under " + root);
        return files;
    }

    private static Path cache() {
        String cache = System.getenv("JKMOD_CACHE");
        String xdg = System.getenv("XDG_CACHE_HOME");
        return cache != null
                ? Path.of(cache)
                : (xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache")).resolve("jkmod");
    }

    /** The recorded {@code /proc/kallsyms} of every kernel in ../shared/groundtruth, or the test is skipped. */
    static Map<String, byte[]> kallsyms() throws IOException {
        Path root = shared().resolve("groundtruth");
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (Path file : glob(root, "*/kallsyms.zip")) {
            try (ZipFile zip = new ZipFile(file.toFile());
                    InputStream in = zip.getInputStream(zip.getEntry("kallsyms.txt"))) {
                contents.put(file.getParent().getFileName().toString(), in.readAllBytes());
            }
        }
        Assumptions.assumeFalse(contents.isEmpty(), "SKIPPED: no recorded kallsyms under " + root);
        return contents;
    }

    private static Path shared() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolveSibling("shared");
            if (at.getParent() != null && Files.isDirectory(shared)) {
                return shared;
            }
        }
        return Path.of("..", "shared");
    }

    /** Looks into the folders that a pattern names, and no others: in a cache anything may lie. */
    private static List<Path> glob(Path root, String pattern) throws IOException {
        List<Path> found = List.of(root);
        for (Path name : Path.of(pattern)) {
            List<Path> next = new ArrayList<>();
            for (Path folder : found) {
                if (Files.isDirectory(folder)) {
                    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, name.toString())) {
                        files.forEach(next::add);
                    }
                }
            }
            found = next;
        }
        return found.stream().sorted().toList();
    }
}
