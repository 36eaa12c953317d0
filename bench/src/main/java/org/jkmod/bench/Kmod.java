package org.jkmod.bench;

import com.google.common.base.Splitter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A kmod to compare with.
 *
 * @param folder with its commands
 * @param version as it prints it
 */
record Kmod(Path folder, String version) {
    /** The first that writes depmod's files elsewhere. */
    private static final int OUTDIR = 31;

    static List<Kmod> all() {
        List<Kmod> all = Splitter.on(File.pathSeparatorChar)
                .splitToStream(Environment.kmods())
                .map(Path::of)
                .filter(folder -> Files.isExecutable(folder.resolve("depmod")))
                .map(Kmod::of)
                .toList();
        if (all.isEmpty()) {
            throw new IllegalStateException("no kmod in " + Environment.kmods());
        }
        return all;
    }

    private static Kmod of(Path folder) {
        Path out = Environment.data().resolve("kmod-version");
        NativeProgram.seconds(out, folder.resolve("depmod"), "--version");
        try {
            String first = Files.readAllLines(out).get(0);
            return new Kmod(folder, first.replaceAll("[^0-9.]", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path command(String name) {
        return folder.resolve(name);
    }

    boolean hasOutdir() {
        return Integer.parseInt(version.replaceAll("\\..*", "")) >= OUTDIR;
    }
}
