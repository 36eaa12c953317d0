package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.Sysroot;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which kernel's modules a command is about. */
final class TreeOption {
    private static final Path HOST = Path.of("/");

    @Option(
            names = {"-d", "--root", "--sysroot"},
            paramLabel = "DIR",
            description = "Root file system with the kernel's modules. Default: /.")
    private Path root = HOST;

    @Option(
            names = {"-S", "--release"},
            paramLabel = "REL",
            description =
                    "The kernel's release. Default: the only one that has modules there, or, of /, that of the running kernel.")
    private @Nullable String release;

    /** The root file system. */
    Sysroot sysroot() {
        return Sysroot.of(root);
    }

    /** Which kernel it is. */
    String release() throws IOException, Failure {
        String given = release;
        if (given != null) {
            if (given.isEmpty() || given.contains("/") || given.equals(".") || given.equals("..")) {
                throw new Failure("'" + given + "' is no kernel's release");
            }
            return given;
        }
        if (root.equals(HOST)) {
            // what uname -r says
            return System.getProperty("os.version", "");
        }
        List<String> releases = ModuleTree.releases(root);
        if (releases.size() != 1) {
            throw new Failure(
                    releases.isEmpty()
                            ? "no kernel has modules in " + root
                            : "--release must say which kernel of " + root + ": " + String.join(", ", releases));
        }
        return releases.get(0);
    }

    /** Its modules. */
    ModuleTree open() throws IOException, Failure {
        return ModuleTree.open(root, release());
    }
}
