package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jspecify.annotations.Nullable;

/**
 * Learns what there is to know of a kernel from the root file system that it is installed in.
 *
 * <p>Distributions put the files in different places. These are looked at in this order, and the first that is there counts; but for
 * the first two, one that may not be read is passed over, for some distributions let only root read them.
 *
 * <ul>
 *   <li>modules: as {@link ModuleTree}. Must be there, if only an empty folder.
 *   <li>exports: {@code usr/src/linux-headers-RELEASE/Module.symvers} (Debian), {@code usr/src/kernels/RELEASE/Module.symvers}
 *       (Fedora), {@code build/Module.symvers} beside the modules. Must be there.
 *   <li>configuration: {@code boot/config-RELEASE}, {@code config} beside the modules, {@code .config} beside the exports. Without
 *       it nothing is known of it.
 *   <li>addresses: {@code boot/System.map-RELEASE}, {@code System.map} beside the modules. Debian has a stub there that only says
 *       where the real one is; it counts as absent.
 *   <li>version magic, architecture and size of {@code struct module}: the first module, in the order of paths, that can be read;
 *       those in {@code kernel} first, for others may have been built for another kernel.
 *   <li>trusted keys: {@code boot/vmlinuz-RELEASE}, {@code boot/vmlinux-RELEASE}, {@code vmlinuz} beside the modules. An image that is
 *       compressed in an unknown way, or of another kernel, counts as absent.
 * </ul>
 */
public final class RootProfile {
    /** What Debian's stub says. */
    private static final String STUB = "The real System.map is in";

    private static final int STUB_MAX_SIZE = 1024;

    private final Path root;
    private final ModuleTree tree;

    private RootProfile(Path root, ModuleTree tree) {
        this.root = root;
        this.tree = tree;
    }

    /**
     * Makes the profile of a kernel.
     *
     * @param root the root file system
     * @param release as {@code uname -r} prints it
     * @param symvers the kernel's Module.symvers, if it is not in one of the usual places
     * @throws NoSuchFileException if there is no folder of modules, or no Module.symvers
     * @throws IOException if a file cannot be read, or the kernel is of an architecture that is not on the class path
     * @throws MalformedInputException if a file is not what it should be
     */
    public static KernelProfile of(Path root, String release, Optional<Path> symvers) throws IOException {
        return new ProfileSources()
                .root(root)
                .release(release)
                .symvers(symvers.orElse(null))
                .read();
    }

    /** Finds a kernel in a root. */
    static RootProfile open(Path root, String release) throws IOException {
        return new RootProfile(root, ModuleTree.open(root, release));
    }

    /** The folder of the modules. */
    Path folder() {
        return tree.folder();
    }

    /** The configuration; may be beside the exports. */
    Optional<Path> config(Optional<Path> symvers) {
        Path boot = root.resolve("boot/config-" + tree.release());
        Path own = tree.folder().resolve("config");
        return symvers.isPresent()
                ? firstFile(boot, own, symvers.get().resolveSibling(".config"))
                : firstFile(boot, own);
    }

    /** The kernel's own symbols. */
    Optional<Kallsyms> addresses() throws IOException {
        Optional<Path> systemMap = firstFile(
                root.resolve("boot/System.map-" + tree.release()), tree.folder().resolve("System.map"));
        return systemMap.isEmpty() || isStub(systemMap.get())
                ? Optional.empty()
                : Optional.of(Kallsyms.readSystemMap(systemMap.get()));
    }

    /** The kernel's image. */
    Optional<KernelImage> image() throws IOException {
        Optional<Path> file = firstFile(
                root.resolve("boot/vmlinuz-" + tree.release()),
                root.resolve("boot/vmlinux-" + tree.release()),
                tree.folder().resolve("vmlinuz"));
        try {
            return file.isEmpty()
                    ? Optional.empty()
                    : Optional.of(KernelImage.read(file.get()))
                            .filter(image -> image.release().equals(tree.release()));
        } catch (MalformedInputException e) {
            return Optional.empty();
        }
    }

    /** The Module.symvers. */
    Path symvers() throws IOException {
        Path usual = root.resolve("usr/src/linux-headers-" + tree.release()).resolve("Module.symvers");
        return firstFile(
                        usual,
                        root.resolve("usr/src/kernels").resolve(tree.release()).resolve("Module.symvers"),
                        inRoot(tree.folder().resolve("build")).resolve("Module.symvers"))
                .orElseThrow(() -> new NoSuchFileException(
                        usual.toString(), null, "No such file, and no other Module.symvers of that kernel"));
    }

    /** What a symbolic link means to somebody whose root this is. */
    private Path inRoot(Path link) throws IOException {
        if (Files.isSymbolicLink(link)) {
            Path target = Files.readSymbolicLink(link);
            Path top = target.getRoot();
            if (top != null) {
                return root.resolve(top.relativize(target));
            }
        }
        return link;
    }

    private static Optional<Path> firstFile(Path... candidates) {
        return Stream.of(candidates)
                .filter(file -> Files.isRegularFile(file) && Files.isReadable(file))
                .findFirst();
    }

    private static boolean isStub(Path systemMap) throws IOException {
        return Files.size(systemMap) < STUB_MAX_SIZE
                && new String(Files.readAllBytes(systemMap), StandardCharsets.ISO_8859_1).contains(STUB);
    }

    /** A module of the kernel; empty if there are none. Throws if there are, and all of them are damaged. */
    Optional<KernelObject> anyModule() throws IOException {
        Path own = tree.folder().resolve("kernel");
        List<ModuleTree.Entry> candidates = Stream.concat(
                        tree.modules().stream().filter(m -> m.path().startsWith(own)),
                        tree.modules().stream().filter(m -> !m.path().startsWith(own)))
                .toList();
        @Nullable MalformedInputException fault = null;
        for (ModuleTree.Entry candidate : candidates) {
            try {
                KernelObject module = KernelObject.parse(
                        ModuleFile.read(candidate.path()), candidate.path().toString());
                module.thisModuleSize();
                return Optional.of(module);
            } catch (MalformedInputException e) {
                fault = fault == null ? e : fault;
            }
        }
        if (fault != null) {
            throw fault;
        }
        return Optional.empty();
    }
}
