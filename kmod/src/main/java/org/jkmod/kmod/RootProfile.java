package org.jkmod.kmod;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;

/**
 * Learns what there is to know of a kernel from the root file system that it is installed in.
 *
 * <p>Distributions put the files in different places. These are looked at in this order, and the first that is there counts:
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
 * </ul>
 */
public final class RootProfile {
    /**
     * The symbols of the configuration that say how the kernel loads modules. A configuration is complete: a symbol that it does
     * not have cannot be set.
     */
    private static final List<String> CONFIG = List.of(
            "KALLSYMS",
            "KALLSYMS_ALL",
            "MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS",
            "MODULE_FORCE_LOAD",
            "MODULE_FORCE_UNLOAD",
            "MODULE_SIG",
            "MODULE_SIG_FORCE",
            "MODULE_UNLOAD",
            "MODVERSIONS");

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
        return of(root, ModuleTree.open(root, release), symvers);
    }

    /**
     * Makes the profile of the kernel that a tree of modules belongs to.
     *
     * @param root the root file system
     * @param tree its modules of that kernel
     * @param symvers as above
     * @throws IOException as above
     */
    public static KernelProfile of(Path root, ModuleTree tree, Optional<Path> symvers) throws IOException {
        return new RootProfile(root, tree).profile(symvers);
    }

    private KernelProfile profile(Optional<Path> givenSymvers) throws IOException {
        Path symvers = givenSymvers.isPresent() ? givenSymvers.get() : symvers();
        KernelProfile.Builder builder = builder();
        builder.exports(ModuleSymvers.read(symvers));
        Path boot = root.resolve("boot");
        Optional<Path> config = firstFile(
                boot.resolve("config-" + tree.release()),
                tree.folder().resolve("config"),
                symvers.resolveSibling(".config"));
        if (config.isPresent()) {
            config(config.get()).forEach(builder::config);
        }
        Optional<Path> systemMap = firstFile(
                boot.resolve("System.map-" + tree.release()), tree.folder().resolve("System.map"));
        if (systemMap.isPresent() && !isStub(systemMap.get())) {
            builder.addresses(Kallsyms.readSystemMap(systemMap.get()));
        }
        Optional<KernelObject> module = anyModule();
        try {
            module.ifPresent(builder::vermagicOf);
            return builder.build();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private KernelProfile.Builder builder() throws IOException {
        try {
            return KernelProfile.builder(tree.release());
        } catch (IllegalArgumentException e) {
            throw new IOException(tree.folder() + ": " + e.getMessage(), e);
        }
    }

    private Path symvers() throws IOException {
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
        return Stream.of(candidates).filter(Files::isRegularFile).findFirst();
    }

    private static Map<String, String> config(Path file) throws IOException {
        Map<String, String> found = new HashMap<>();
        CONFIG.forEach(symbol -> found.put(symbol, "n"));
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            String prefix = "CONFIG_";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int equals = line.indexOf('=');
                if (equals > 0 && line.startsWith(prefix)) {
                    found.replace(line.substring(prefix.length(), equals), line.substring(equals + 1));
                }
            }
        }
        return found;
    }

    private static boolean isStub(Path systemMap) throws IOException {
        return Files.size(systemMap) < STUB_MAX_SIZE
                && new String(Files.readAllBytes(systemMap), StandardCharsets.ISO_8859_1).contains(STUB);
    }

    /** A module of the kernel; empty if there are none. Throws if there are, and all of them are damaged. */
    private Optional<KernelObject> anyModule() throws IOException {
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
