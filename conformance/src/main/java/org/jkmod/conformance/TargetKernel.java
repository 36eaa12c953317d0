package org.jkmod.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.symtab.ModuleSymvers;

/**
 * The kernel that broken modules are made for.
 *
 * @param profile what is known of it
 * @param tree its modules
 */
record TargetKernel(KernelProfile profile, ModuleTree tree) {
    private static final String VMLINUX = "vmlinux";

    /** The architecture's name, as {@code uname -m} prints it. */
    String architecture() {
        return profile.architecture().name();
    }

    boolean hasModversions() {
        return profile.hasModversions();
    }

    boolean isAtLeast(int version, int patchlevel) {
        return profile.release().isAtLeast(version, patchlevel);
    }

    boolean hasModule(String name) {
        return tree.module(name).isPresent();
    }

    /** A module's file, decompressed. */
    byte[] module(String name) throws IOException {
        return ModuleFile.read(path(name));
    }

    /** A module's file as it is in the tree; empty if it is not compressed there. */
    Optional<byte[]> compressed(String name) throws IOException {
        Path path = path(name);
        return path.toString().endsWith(".ko") ? Optional.empty() : Optional.of(Files.readAllBytes(path));
    }

    private Path path(String name) {
        return tree.module(name)
                .orElseThrow(() -> new IllegalArgumentException("no module " + name))
                .path();
    }

    /** An export of the kernel's own that is as wanted, the first there is. */
    Optional<String> export(IntPredicate wanted) {
        ModuleSymvers exports = profile.exports();
        for (int i = 0; i < exports.size(); i++) {
            if (exports.owner(i).equals(VMLINUX) && wanted.test(i)) {
                return Optional.of(exports.name(i));
            }
        }
        return Optional.empty();
    }

    /** The checksum of an export; 0 if it has none. */
    int crc(String symbol) {
        ModuleSymvers exports = profile.exports();
        for (int i = 0; i < exports.size(); i++) {
            if (exports.name(i).equals(symbol)) {
                return exports.crc(i);
            }
        }
        return 0;
    }
}
