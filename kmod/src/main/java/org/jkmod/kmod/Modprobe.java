package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;

/**
 * modprobe(8) of kmod: finds modules by name or alias, and says what is to be done to load or unload them, in which order, with which
 * parameters, and why. Doing it, to any kernel there is, and only planning it are the same: {@link #run} and {@link #plan}.
 *
 * <p>What counts is what depmod has written: {@code modules.dep.bin} and its like; without them no module is found. Measured on kmod 30
 * and 34.2, whose answers on whole trees it gives to the byte. Other than kmod it stands softdeps that lead back to themselves, unloading
 * too. Immutable and safe for threads.
 */
public final class Modprobe {
    /** More than that is no plan: the longest of Debian's kernels have some fifty steps. */
    static final int MAX_STEPS = 1 << 16;

    /** How far soft dependencies may lead; no kernel has a chain of ten. */
    static final int MAX_DEPTH = 256;

    private final Sysroot sysroot;
    private final Path folder;
    private final String shownFolder;
    private final ModprobeConfig config;
    private final ModuleLookup lookup;
    private final Compat compat;
    private final ModuleFilter filter;
    private final boolean mergeSoftdeps;

    private Modprobe(Builder builder) throws IOException {
        this.sysroot = builder.sysroot;
        this.folder = builder.folder;
        this.shownFolder = builder.shownFolder;
        this.config = builder.config;
        this.compat = builder.compat;
        this.filter = builder.filter;
        this.mergeSoftdeps = builder.mergeSoftdeps;
        this.lookup = ModuleLookup.of(sysroot, folder, config);
    }

    /**
     * For the modules of a tree.
     *
     * @param folder the tree's: {@code lib/modules/RELEASE}
     */
    public static Builder builder(Path folder, ModprobeConfig config) {
        return new Builder(folder, config);
    }

    /** The configuration. */
    public ModprobeConfig config() {
        return config;
    }

    /**
     * The names of the modules that a name or alias stands for, as {@code modprobe -R} prints them; none if there is no such module.
     *
     * @throws MalformedInputException if an index is damaged
     */
    public List<String> resolve(String name) {
        return lookup.find(name).stream().map(ModuleLookup.Found::name).toList();
    }

    /**
     * What would be done to a kernel without a module.
     *
     * @throws MalformedInputException if an index is damaged, or the plan is too long
     */
    public ModprobePlan plan(ModprobeRequest request) {
        try {
            return run(request, ModprobeTarget.EMPTY);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is done that could fail
        }
    }

    /**
     * Does what is asked for.
     *
     * @return what was done, and tried
     * @throws IOException if the target says so
     * @throws MalformedInputException if an index is damaged, or what is to be done has no end
     */
    public ModprobePlan run(ModprobeRequest request, ModprobeTarget target) throws IOException {
        ModprobeRun run = new ModprobeRun(this, request, target);
        return request.action() == ModprobeRequest.Action.INSERT
                ? run.forEachName(new ModprobeInsertion(run)::insert)
                : run.forEachName(new ModprobeRemoval(run)::remove);
    }

    /** The configuration and the aliases of the tree's modules and symbols, as {@code modprobe -c} prints them. */
    public String dump() {
        StringBuilder to = new StringBuilder(config.text());
        to.append("\n# End of configuration files. Dumping indexes now:\n\n");
        lookup.dump(to);
        return to.toString();
    }

    ModuleLookup lookup() {
        return lookup;
    }

    Compat compat() {
        return compat;
    }

    ModuleFilter filter() {
        return filter;
    }

    /** The tree's folder as it is called in messages. */
    String shownFolder() {
        return shownFolder;
    }

    /** Modules that are wanted before and after another, by name or alias; in their order. */
    Softdeps softdeps(String module) {
        ModprobeConfig.Softdep found = config.softdepOf(module, mergeSoftdeps);
        return new Softdeps(all(found.pre()), all(found.post()));
    }

    private List<ModuleLookup.Found> all(List<String> names) {
        return names.stream().flatMap(name -> lookup.find(name).stream()).toList();
    }

    /** The modules of soft dependencies; those that are not there are none. */
    record Softdeps(List<ModuleLookup.Found> pre, List<ModuleLookup.Found> post) {
        static final Softdeps NONE = new Softdeps(List.of(), List.of());

        boolean isEmpty() {
            return pre.isEmpty() && post.isEmpty();
        }
    }

    /** The file of a module of the tree. */
    Optional<ModuleLocation> location(String module) throws IOException {
        Optional<ModuleLookup.Entry> entry = lookup.entry(module);
        return entry.isEmpty()
                ? Optional.empty()
                : Optional.of(locate(entry.get().path()));
    }

    /** The file of a path of modules.dep; an absolute one begins at the modules' root, too. */
    ModuleLocation locate(String path) throws IOException {
        return new ModuleLocation(file(path), shown(path));
    }

    private Path file(String path) throws IOException {
        // the indexes' text has a character a byte
        String text = new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return path.startsWith("/") ? sysroot.resolve(text) : sysroot.resolve(folder, text);
    }

    /** A path of modules.dep as kmod prints it. */
    String shown(String path) {
        return path.startsWith("/") ? path : shownFolder + "/" + path;
    }

    /** Whether there is a file of a path of modules.dep that a module needs. */
    boolean isThere(String path) {
        if (path.startsWith("/") && !sysroot.root().equals(Sysroot.host().root())) {
            // kmod looks for it on the host, which does not count here
            return true;
        }
        try {
            return Files.exists(file(path));
        } catch (IOException e) {
            return false; // links that have no end
        } catch (InvalidPathException e) {
            return true; // the host's encoding cannot tell
        }
    }

    /** A plan that has no end. */
    MalformedInputException tooLong() {
        return new MalformedInputException(
                shownFolder,
                "plan",
                0,
                "more than " + MAX_STEPS + " steps, or a chain of " + MAX_DEPTH,
                "soft dependencies that come to an end");
    }

    /**
     * The paths that modules.dep has of what a module needs, in the order in which they are loaded. As in kmod none counts if one of them
     * is not there.
     */
    List<String> dependencies(String module) {
        return missingDependency(module).isPresent() ? List.of() : named(module);
    }

    /** The first file that a module needs and that is not there. */
    Optional<String> missingDependency(String module) {
        return Lists.reverse(named(module)).stream()
                .filter(path -> !isThere(path))
                .findFirst();
    }

    private List<String> named(String module) {
        return lookup.entry(module).map(ModuleLookup.Entry::dependencies).orElse(ImmutableList.of());
    }

    /** All modules that a module needs, in the order in which they are loaded; it is the last. */
    Stream<String> chain(String module) {
        return Stream.concat(dependencies(module).stream().map(ModuleTree::moduleName), Stream.of(module));
    }

    /** Collects what modprobe goes by. Not safe for threads. */
    public static final class Builder {
        private final Path folder;
        private final ModprobeConfig config;
        private String shownFolder;
        private Compat compat = Compat.KMOD_34;
        private ModuleFilter filter = ModuleFilter.ALL;
        private boolean mergeSoftdeps;
        private Sysroot sysroot = Sysroot.host();

        private Builder(Path folder, ModprobeConfig config) {
            this.folder = folder;
            this.config = config;
            this.shownFolder = folder.toString();
        }

        /** The root file system that the tree's folder is inside of, and that no path or link leads out of; the host's if it is not said. */
        public Builder sysroot(Sysroot root) {
            sysroot = root;
            return this;
        }

        /** What to call the tree's folder in plans and messages; its path if it is not said. */
        public Builder shownFolder(String shown) {
            shownFolder = shown;
            return this;
        }

        /** Which kmod is followed: kmod 30 takes no paths for modules. */
        public Builder compat(Compat followed) {
            compat = followed;
            return this;
        }

        /** Which modules may be loaded. */
        public Builder filter(ModuleFilter which) {
            filter = which;
            return this;
        }

        /** Whether soft dependencies of all lines that match a module add up; only those of the first count if not, as in kmod. */
        public Builder mergeSoftdeps(boolean merge) {
            mergeSoftdeps = merge;
            return this;
        }

        /**
         * Reads the indexes.
         *
         * @throws IOException if one that is there cannot be read
         * @throws MalformedInputException if one is none
         */
        public Modprobe build() throws IOException {
            return new Modprobe(this);
        }
    }
}
