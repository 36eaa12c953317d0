package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jkmod.core.Architecture;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;

/**
 * Makes a profile from whatever there is of a kernel. Each source adds what it knows; where a root has the same, what was given by
 * itself goes before it. What no source knows stays unknown.
 *
 * <ul>
 *   <li>a root file system: the files below, where {@link RootProfile} finds them;
 *   <li>Module.symvers: exports, and whether they have checksums ({@code MODVERSIONS});
 *   <li>kallsyms: addresses;
 *   <li>configuration: the values that say how modules are loaded;
 *   <li>any module of the kernel: release, architecture, version magic (and of it {@code SMP}, {@code MODULE_UNLOAD} and {@code
 *       MODVERSIONS}), size of {@code struct module};
 *   <li>image: release, and the certificates that the kernel trusts;
 *   <li>modules.builtin.modinfo of a root: built-in modules with a version, which surely have a folder in /sys/module;
 *   <li>sysfs: all built-in modules with such a folder.
 * </ul>
 */
public final class ProfileSources {
    private Optional<String> release = Optional.empty();
    private Optional<Architecture> architecture = Optional.empty();
    private Optional<Path> root = Optional.empty();
    private Optional<Path> symvers = Optional.empty();
    private Optional<Path> kallsyms = Optional.empty();
    private Optional<Path> config = Optional.empty();
    private Optional<Path> module = Optional.empty();
    private Optional<Path> image = Optional.empty();
    private Optional<Path> sysfs = Optional.empty();
    private boolean imageOfRoot = true;

    /** Nothing, so far. */
    public ProfileSources() {}

    /** The kernel's release; not needed if a module, an image or a root with but one kernel tells it. */
    public ProfileSources release(@Nullable String value) {
        release = Optional.ofNullable(value);
        return this;
    }

    /** The kernel's architecture; not needed if a module or the end of the release tells it. */
    public ProfileSources architecture(@Nullable Architecture value) {
        architecture = Optional.ofNullable(value);
        return this;
    }

    /** A root file system that the kernel is installed in. */
    public ProfileSources root(@Nullable Path value) {
        root = Optional.ofNullable(value);
        return this;
    }

    /** The kernel's Module.symvers. */
    public ProfileSources symvers(@Nullable Path value) {
        symvers = Optional.ofNullable(value);
        return this;
    }

    /** The /proc/kallsyms of the kernel, running, as root reads it. */
    public ProfileSources kallsyms(@Nullable Path value) {
        kallsyms = Optional.ofNullable(value);
        return this;
    }

    /** The kernel's configuration, which may be compressed. */
    public ProfileSources config(@Nullable Path value) {
        config = Optional.ofNullable(value);
        return this;
    }

    /** A module of the kernel, which may be compressed. */
    public ProfileSources module(@Nullable Path value) {
        module = Optional.ofNullable(value);
        return this;
    }

    /** The kernel's image. */
    public ProfileSources image(@Nullable Path value) {
        image = Optional.ofNullable(value);
        return this;
    }

    /** The /sys of the kernel, running, or a copy of it: which built-in modules have folders there. */
    public ProfileSources sysfs(@Nullable Path value) {
        sysfs = Optional.ofNullable(value);
        return this;
    }

    /**
     * Leaves out the image that a root has: the keys that the kernel trusts are unknown then, and signatures are taken for good. To verify
     * one takes milliseconds, some times as long as the rest of a load.
     */
    public ProfileSources withoutImageOfRoot() {
        imageOfRoot = false;
        return this;
    }

    /**
     * Reads all of it.
     *
     * @throws IOException if a file cannot be read, if two of them are of different kernels, or if nothing tells the release or the
     *     architecture
     * @throws MalformedInputException if a file is not what it should be
     */
    public KernelProfile read() throws IOException {
        Optional<KernelObject> givenModule =
                module.isPresent() ? Optional.of(readModule(module.get())) : Optional.empty();
        Optional<KernelImage> givenImage =
                image.isPresent() ? Optional.of(KernelImage.read(image.get())) : Optional.empty();
        String found = release(givenModule, givenImage);
        Optional<RootProfile> inRoot =
                root.isPresent() ? Optional.of(RootProfile.open(root.get(), found)) : Optional.empty();

        KernelProfile.Builder builder;
        try {
            builder = KernelProfile.builder(found);
        } catch (IllegalArgumentException e) {
            throw new IOException(inRoot.map(r -> r.folder() + ": ").orElse("") + e.getMessage(), e);
        }
        Map<String, String> symbols = new HashMap<>();
        Optional<Path> exports = first(symvers, inRoot, r -> Optional.of(r.symvers()));
        if (exports.isPresent()) {
            ModuleSymvers rows = ModuleSymvers.read(exports.get());
            builder.exports(rows);
            if (rows.size() > 0) {
                symbols.put("MODVERSIONS", rows.hasCrcs() ? "y" : "n");
            }
        }
        Optional<Kallsyms> addresses = addresses(inRoot);
        addresses.ifPresent(builder::addresses);
        Optional<KernelObject> any = givenModule.isPresent() || inRoot.isEmpty()
                ? givenModule
                : inRoot.get().anyModule();
        Optional<Path> configuration = first(config, inRoot, r -> r.config(exports));
        if (configuration.isPresent()) {
            symbols.putAll(ConfigFile.read(configuration.get()));
        }
        symbols.forEach(builder::config);
        Optional<KernelImage> kernel = givenImage.isPresent() || inRoot.isEmpty() || !imageOfRoot
                ? givenImage
                : inRoot.get().image();
        kernel.flatMap(KernelImage::certificates).ifPresent(builder::trustedKeys);
        if (sysfs.isPresent()) {
            SysfsModules.ofSysfs(sysfs.get()).forEach(builder::sysfsModule);
        } else if (inRoot.isPresent()) {
            SysfsModules.ofTree(inRoot.get().folder()).forEach(builder::sysfsModule);
        }
        return build(builder, any);
    }

    private KernelProfile build(KernelProfile.Builder builder, Optional<KernelObject> any) throws IOException {
        try {
            any.ifPresent(builder::vermagicOf);
            if (architecture.isPresent()) {
                if (any.isPresent()
                        && !any.get()
                                .architecture()
                                .name()
                                .equals(architecture.get().name())) {
                    throw new IOException(any.get() + ": a module for "
                            + any.get().architecture().name() + ", not for "
                            + architecture.get().name());
                }
                builder.architecture(architecture.get());
            }
            return builder.build();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** A file that was given by itself, or else one of the root. */
    private static Optional<Path> first(Optional<Path> given, Optional<RootProfile> inRoot, Finder finder)
            throws IOException {
        return given.isPresent() || inRoot.isEmpty() ? given : finder.find(inRoot.get());
    }

    /** Finds a file in a root. */
    private interface Finder {
        Optional<Path> find(RootProfile root) throws IOException;
    }

    private Optional<Kallsyms> addresses(Optional<RootProfile> inRoot) throws IOException {
        if (kallsyms.isEmpty()) {
            return inRoot.isPresent() ? inRoot.get().addresses() : Optional.empty();
        }
        Kallsyms symbols = Kallsyms.read(kallsyms.get());
        if (!symbols.hasAddresses()) {
            throw new IOException(
                    kallsyms.get() + ": all addresses are zero: only root sees them (see kernel.kptr_restrict)");
        }
        return Optional.of(symbols);
    }

    private static KernelObject readModule(Path file) throws IOException {
        KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
        object.thisModuleSize();
        return object;
    }

    /** The release that was given, or that the first of the sources says; they must not disagree. */
    private String release(Optional<KernelObject> givenModule, Optional<KernelImage> givenImage) throws IOException {
        List<Map.Entry<String, String>> told = new ArrayList<>();
        release.ifPresent(r -> told.add(Map.entry("the release", r)));
        givenModule.ifPresent(m -> told.add(Map.entry(m.toString(), m.release().text())));
        givenImage.ifPresent(i -> told.add(Map.entry(String.valueOf(image.orElseThrow()), i.release())));
        for (Map.Entry<String, String> source : told) {
            if (!source.getValue().equals(told.get(0).getValue())) {
                throw new IOException(source.getKey() + ": of the kernel " + source.getValue() + ", not of "
                        + told.get(0).getValue());
            }
        }
        if (!told.isEmpty()) {
            return told.get(0).getValue();
        }
        if (root.isEmpty()) {
            throw new IOException("nothing tells the kernel's release: give it, a module, or an image");
        }
        List<String> releases = ModuleTree.releases(root.get());
        if (releases.size() != 1) {
            throw new IOException(root.get() + ": "
                    + (releases.isEmpty()
                            ? "no kernel in lib/modules"
                            : "several kernels, of which one must be named: " + String.join(", ", releases)));
        }
        return releases.get(0);
    }

    /** What a profile knows of the configuration, by names without {@code CONFIG_}. */
    public static Map<String, String> known(KernelProfile profile) {
        Map<String, String> known = new TreeMap<>();
        ConfigFile.symbols().forEach(symbol -> profile.config(symbol).ifPresent(value -> known.put(symbol, value)));
        return known;
    }

    /** What a profile does not know, though verdicts may depend on it, each in a word or two. */
    public static List<String> unknown(KernelProfile profile) {
        List<String> unknown = new ArrayList<>();
        if (profile.vermagic().isEmpty()) {
            unknown.add("vermagic");
        }
        if (profile.thisModuleSize().isEmpty()) {
            unknown.add("size of struct module");
        }
        if (profile.exports().size() == 0) {
            unknown.add("exports");
        }
        if (profile.addresses().isEmpty()) {
            unknown.add("addresses");
        }
        if (profile.trustedKeys().isEmpty()) {
            unknown.add("trusted keys");
        }
        ConfigFile.SYMBOLS.stream()
                .filter(symbol -> profile.config(symbol).isEmpty())
                .forEach(symbol -> unknown.add("CONFIG_" + symbol));
        return unknown;
    }
}
