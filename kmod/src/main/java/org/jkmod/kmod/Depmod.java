package org.jkmod.kmod;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * depmod: reads all modules of a kernel, and makes the files by which modprobe finds them: what each module needs, which aliases and
 * symbols it has, as text and as {@linkplain ModuleIndex indexes}. Byte for byte what kmod's depmod makes. Immutable; may run any
 * number of times, and in any number of threads.
 *
 * <p>Nothing of the host counts, but what is inside of the root: {@code lib/modules/RELEASE} (or below {@code usr}), and depmod.d.
 * What that one calls external is inside, too; of a {@linkplain Builder#configuration configuration} from elsewhere it is the host's, as
 * for kmod.
 */
public final class Depmod {
    private final Sysroot sysroot;
    private final String release;
    private final Builder options;

    private Depmod(Builder options) {
        this.sysroot = Sysroot.of(options.root);
        this.release = options.release;
        this.options = options;
    }

    /**
     * Options for a kernel's modules.
     *
     * @param root of the file system
     * @param release the kernel's: {@code 6.12.107+deb13-amd64}
     * @throws IllegalArgumentException if the release does not begin as one: with two numbers and a point between them
     */
    public static Builder builder(Path root, String release) {
        if (!isRelease(release)) {
            throw new IllegalArgumentException("'" + release + "' is no kernel release");
        }
        return new Builder(root, release);
    }

    /** Whether text begins as a kernel's release does, and has no part of a path. */
    public static boolean isRelease(String text) {
        int major = digits(text, 0);
        return major > 0
                && major < text.length()
                && text.charAt(major) == '.'
                && digits(text, major + 1) > major + 1
                && text.indexOf('/') < 0;
    }

    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }

    /** Where the modules are: in the first of the directories that there is. */
    private String moduleFolder() throws IOException {
        String first = options.moduleDirectory == null ? "/lib/modules" : options.moduleDirectory;
        if (options.moduleDirectory == null && !sysroot.isDirectory(first + "/" + release)) {
            String second = "/usr/lib/modules";
            if (sysroot.isDirectory(second + "/" + release)) {
                return second;
            }
        }
        return first;
    }

    /** The folder with the modules. */
    private File folder() throws IOException {
        File folder = sysroot.resolve(moduleFolder() + "/" + release).toFile();
        if (!folder.isDirectory()) {
            throw new NoSuchFileException(folder.toString());
        }
        return folder;
    }

    /**
     * Whether no module is newer than modules.dep: when kmod's {@code depmod -A} does nothing.
     *
     * @throws IOException if something cannot be read
     */
    public boolean isUpToDate() throws IOException {
        File folder = folder();
        File dep = outputFolder().resolve("modules.dep").toFile();
        if (!dep.isFile()) {
            return false;
        }
        long when = dep.lastModified();
        for (ModuleSearch.Found file : files(folder, new ArrayList<>())) {
            if (file.file().lastModified() > when) {
                return false;
            }
        }
        return true;
    }

    /**
     * A result without files, for where {@link #isUpToDate()} spares a run.
     *
     * @throws IOException if something cannot be read
     */
    public DepmodResult upToDate() throws IOException {
        return new DepmodResult(outputFolder(), Map.of(), List.of(), List.of(), List.of(), 0, 0);
    }

    /**
     * Reads the tree and makes the files; nothing is written yet. A module that cannot be read or is damaged is in the files without
     * dependencies, and told of.
     *
     * @throws IOException if there is no tree, or something but a module cannot be read
     * @throws org.jkmod.elf.MalformedInputException if something but a module is damaged or too large
     */
    public DepmodResult run() throws IOException {
        return new DepmodRun(options, folder(), outputFolder(), this).run();
    }

    Path outputFolder() throws IOException {
        Path root = options.outputRoot;
        String path = moduleFolder() + "/" + release;
        return root == null ? sysroot.resolve(path) : Sysroot.of(root).resolve(path);
    }

    /** The files of modules, one a name. */
    List<ModuleSearch.Found> files(File folder, List<String> warnings) throws IOException {
        ModuleSearch search = new ModuleSearch(config(warnings), warnings);
        if (options.files.isEmpty()) {
            search.tree(folder);
            search.externals(options.configuration.isEmpty() ? sysroot : null);
        } else {
            String prefix = folder + "/";
            Set<String> names = new HashSet<>();
            for (Path file : options.files) {
                String path = file.toString();
                if (!file.isAbsolute()) {
                    throw new java.nio.file.FileSystemException(path, null, "not absolute path.");
                }
                if (!Files.exists(file)) {
                    throw new NoSuchFileException(path);
                }
                if (!names.add(ModuleTree.moduleName(String.valueOf(file.getFileName())))) {
                    throw new java.nio.file.FileSystemException(path, null, "File exists");
                }
                search.module(
                        file.toFile(),
                        file,
                        String.valueOf(file.getFileName()),
                        path.startsWith(prefix) ? path.substring(prefix.length()) : path);
            }
        }
        return search.found();
    }

    private DepmodConfig config(List<String> warnings) throws IOException {
        List<ConfigDirectories.Source> sources;
        if (options.configuration.isEmpty()) {
            sources = ConfigDirectories.sources(
                    sysroot, ConfigDirectories.of("depmod.d", options.compat), options.compat);
        } else {
            List<String> paths = new ArrayList<>();
            for (Path path : options.configuration) {
                paths.add(path.toAbsolutePath().toString());
            }
            sources = ConfigDirectories.sources(Sysroot.host(), paths, options.compat);
        }
        return sources.isEmpty() ? DepmodConfig.none() : DepmodConfig.read(sources, release, options.compat, warnings);
    }

    /** Options, each at first as kmod's. Not safe for threads. */
    public static final class Builder implements Cloneable {
        final Path root;
        final String release;

        @Nullable
        String moduleDirectory;

        @Nullable
        Path outputRoot;

        List<Path> configuration = List.of();
        List<Path> files = List.of();
        Compat compat = Compat.KMOD_34;

        @Nullable
        Path symvers;

        @Nullable
        Path systemMap;

        char symbolPrefix;
        boolean reportSymbols;
        boolean warnDuplicates;
        boolean verbose;
        boolean cache;
        /** How many bytes modules.dep may have; Debian's has half a million. */
        int maxDependencies = 1 << 28;

        int threads = Math.max(1, Math.min(16, Runtime.getRuntime().availableProcessors()));

        private Builder(Path root, String release) {
            this.root = root;
            this.release = release;
        }

        /** Modules in this directory of the root, in the folder named as the release, instead of in lib/modules or usr/lib/modules. */
        public Builder moduleDirectory(String directory) {
            moduleDirectory = directory.startsWith("/") ? directory : "/" + directory;
            return this;
        }

        /** Writes below another root. */
        public Builder outputRoot(Path root) {
            outputRoot = root;
            return this;
        }

        /** Takes these files, or all {@code .conf} of these directories, for the configuration instead of the root's depmod.d. */
        public Builder configuration(List<Path> paths) {
            configuration = List.copyOf(paths);
            return this;
        }

        /** Takes these modules, by absolute paths, instead of all in the tree. */
        public Builder files(List<Path> paths) {
            files = List.copyOf(paths);
            return this;
        }

        /** Which kmod's files: 34's if it is not said. */
        public Builder compat(Compat kmod) {
            compat = kmod;
            return this;
        }

        /** Takes the kernel's exports with their CRCs from a Module.symvers; it counts more than a System.map. */
        public Builder symvers(Path file) {
            symvers = file;
            return this;
        }

        /** Takes the kernel's exports from a System.map. */
        public Builder systemMap(Path file) {
            systemMap = file;
            return this;
        }

        /** What the architecture puts before each symbol's name. */
        public Builder symbolPrefix(char prefix) {
            symbolPrefix = prefix;
            return this;
        }

        /** Tells of symbols that nobody exports and, with a Module.symvers, of CRCs that differ. Needs one of the two files. */
        public Builder reportSymbols(boolean report) {
            reportSymbols = report;
            return this;
        }

        /** Tells of aliases that a module has more than once. */
        public Builder warnDuplicates(boolean warn) {
            warnDuplicates = warn;
            return this;
        }

        /** Tells which module needs which symbol of which other: {@link DepmodResult#uses()}. */
        public Builder verbose(boolean tell) {
            verbose = tell;
            return this;
        }

        /**
         * Keeps what was read of modules in a file beside the others, {@code modules.jkmod-cache.bin}, and reads again only those whose
         * size or time is another. Not with a Module.symvers: CRCs are not kept.
         */
        public Builder cache(boolean keep) {
            cache = keep;
            return this;
        }

        /**
         * How many threads read; at first as many as there are processors, up to 16.
         *
         * @throws IllegalArgumentException if there is none
         */
        public Builder threads(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("threads " + count);
            }
            threads = count;
            return this;
        }

        Builder maxDependencies(int bytes) {
            maxDependencies = bytes;
            return this;
        }

        /** A depmod with these options. */
        public Depmod build() {
            try {
                return new Depmod((Builder) clone());
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
