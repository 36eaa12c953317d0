package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ConfigDirectories.Source;

/**
 * What modprobe.d(5), a module tree's {@code modules.softdep} and {@code modules.weakdep}, and a kernel command line say of how modules
 * are loaded. Immutable. Text is bytes (ISO 8859-1), as in the files; names are spelled with underscores but between brackets.
 */
public final class ModprobeConfig {
    /** The directories of modprobe.d have this name. */
    public static final String FOLDER = "modprobe.d";

    /** Without anything. */
    public static final ModprobeConfig EMPTY = new Builder(Compat.KMOD_34).build();

    /**
     * {@code alias PATTERN MODULE}.
     *
     * @param pattern as of fnmatch(3) without flags
     */
    public record Alias(String pattern, String module) {}

    /**
     * {@code options MODULE PARAMETERS}.
     *
     * @param module a module's name, or an alias by which it is asked for
     * @param parameters the rest of the line
     */
    public record Options(String module, String parameters) {}

    /**
     * {@code install PATTERN COMMAND} or {@code remove PATTERN COMMAND}.
     *
     * @param command the rest of the line
     */
    public record Command(String pattern, String command) {}

    /**
     * {@code softdep PATTERN pre: NAMES post: NAMES}.
     *
     * @param pre names or aliases of modules to load before, in their order
     * @param post after
     */
    public record Softdep(String pattern, List<String> pre, List<String> post) {
        /** Copies the lists. */
        public Softdep {
            pre = ImmutableList.copyOf(pre);
            post = ImmutableList.copyOf(post);
        }
    }

    /**
     * {@code weakdep PATTERN NAMES}: modules that a module may ask for once it runs. modprobe does not load them; who makes an initramfs
     * wants them there.
     */
    public record Weakdep(String pattern, List<String> modules) {
        /** Copies the list. */
        public Weakdep {
            modules = ImmutableList.copyOf(modules);
        }
    }

    private final ImmutableList<String> blacklist;
    private final ImmutableSet<String> blacklisted;
    private final ImmutableList<Alias> aliases;
    private final ImmutableList<Options> options;
    private final ImmutableList<Command> installs;
    private final ImmutableList<Command> removes;
    private final ImmutableList<Softdep> softdeps;
    /** What {@link #text} has of each softdep. */
    private final ImmutableList<String> softdepTexts;

    private final ImmutableList<Weakdep> weakdeps;
    private final ImmutableList<String> warnings;

    private ModprobeConfig(Builder builder) {
        this.blacklist = ImmutableList.copyOf(builder.blacklist);
        this.blacklisted = ImmutableSet.copyOf(builder.blacklist);
        this.aliases = ImmutableList.copyOf(builder.aliases);
        this.options = ImmutableList.copyOf(builder.options);
        this.installs = ImmutableList.copyOf(builder.installs);
        this.removes = ImmutableList.copyOf(builder.removes);
        this.softdeps = ImmutableList.copyOf(builder.softdeps);
        this.softdepTexts = ImmutableList.copyOf(builder.softdepTexts);
        this.weakdeps = ImmutableList.copyOf(builder.weakdeps);
        this.warnings = ImmutableList.copyOf(builder.warnings);
    }

    /**
     * Reads the configuration of a root file system: its directories of modprobe.d, and the files of a module tree.
     *
     * @param folder of the module tree
     * @param commandLine the kernel's; empty: none
     * @throws IOException if a file that is there cannot be read
     * @throws MalformedInputException if one is too large
     */
    public static ModprobeConfig read(Sysroot sysroot, Path folder, String commandLine, Compat compat)
            throws IOException {
        List<Source> sources = ConfigDirectories.sources(sysroot, ConfigDirectories.of(FOLDER, compat), compat);
        return read(sources, sysroot, folder, commandLine, compat);
    }

    /**
     * As above, of any files.
     *
     * @param sysroot that the folder is inside of
     */
    public static ModprobeConfig read(
            List<Source> sources, Sysroot sysroot, Path folder, String commandLine, Compat compat) throws IOException {
        List<Source> all = new ArrayList<>(sources);
        // files of depmod's, each in its place among the others
        for (String name :
                compat == Compat.KMOD_30 ? List.of("modules.softdep") : List.of("modules.softdep", "modules.weakdep")) {
            Path file = sysroot.resolve(folder, name);
            if (Files.isRegularFile(file)) {
                all.add(new Source(name, file, folder.resolve(name).toString()));
            }
        }
        Builder builder = builder(compat);
        for (Source source : ConfigDirectories.sorted(all)) {
            // kmod 30 has links to nothing among its files
            if (Files.exists(source.path())) {
                builder.add(source);
            }
        }
        return builder.commandLine(commandLine).build();
    }

    /** A builder without anything. */
    public static Builder builder(Compat compat) {
        return new Builder(compat);
    }

    /** Modules that are not loaded by their aliases; in the order of their lines, as often as there is one. */
    public List<String> blacklist() {
        return blacklist;
    }

    /** Whether a module is blacklisted. */
    public boolean isBlacklisted(String module) {
        return blacklisted.contains(module);
    }

    /** Aliases, in the order of their lines. */
    public List<Alias> aliases() {
        return aliases;
    }

    /** Parameters of modules, in the order of their lines. */
    public List<Options> options() {
        return options;
    }

    /** Commands to run instead of loading modules, in the order of their lines. */
    public List<Command> installs() {
        return installs;
    }

    /** Commands to run instead of unloading modules, in the order of their lines. */
    public List<Command> removes() {
        return removes;
    }

    /** Soft dependencies, in the order of their lines. */
    public List<Softdep> softdeps() {
        return softdeps;
    }

    /** Weak dependencies, in the order of their lines. */
    public List<Weakdep> weakdeps() {
        return weakdeps;
    }

    /** What is wrong with lines that do not count: {@code FILE line N: ...}. */
    public List<String> warnings() {
        return warnings;
    }

    /** The aliases that a name matches. */
    List<Alias> aliasesOf(String name) {
        return aliases.stream()
                .filter(alias -> AliasPattern.matches(alias.pattern(), name))
                .toList();
    }

    /** All parameters of a module that is asked for by an alias; empty if there is no line of them. */
    Optional<String> optionsOf(String module, String alias) {
        List<String> found = options.stream()
                .filter(o -> o.module().equals(module)
                        || (!alias.isEmpty() && o.module().equals(alias)))
                .map(Options::parameters)
                .toList();
        return found.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", found));
    }

    /** The command that loads a module. */
    Optional<String> installOf(String module) {
        return first(installs, module);
    }

    /** The command that unloads a module. */
    Optional<String> removeOf(String module) {
        return first(removes, module);
    }

    private static Optional<String> first(List<Command> commands, String module) {
        return commands.stream()
                .filter(c -> AliasPattern.matches(c.pattern(), module))
                .findFirst()
                .map(Command::command);
    }

    /** Whether there is a command for exactly that name. */
    boolean hasCommand(String name) {
        return Stream.concat(installs.stream(), removes.stream())
                .anyMatch(c -> c.pattern().equals(name));
    }

    /**
     * The soft dependencies of a module: those of the first line that matches, as kmod has it.
     *
     * @param merged those of all lines that match, each name once: the kernel's and the user's add up
     */
    Softdep softdepOf(String module, boolean merged) {
        Stream<Softdep> matching = softdeps.stream().filter(s -> AliasPattern.matches(s.pattern(), module));
        if (!merged) {
            return matching.findFirst().orElse(new Softdep(module, List.of(), List.of()));
        }
        List<Softdep> all = matching.toList();
        return new Softdep(
                module,
                all.stream().flatMap(s -> s.pre().stream()).distinct().toList(),
                all.stream().flatMap(s -> s.post().stream()).distinct().toList());
    }

    /** The configuration as {@code modprobe -c} prints it, up to the indexes: to the byte, its missing blank before {@code post:} too. */
    public String text() {
        StringBuilder to = new StringBuilder();
        blacklist.forEach(b -> to.append("blacklist ").append(b).append('\n'));
        installs.forEach(c -> line(to, "install", c.pattern(), c.command()));
        removes.forEach(c -> line(to, "remove", c.pattern(), c.command()));
        aliases.forEach(a -> line(to, "alias", a.pattern(), a.module()));
        options.forEach(o -> line(to, "options", o.module(), o.parameters()));
        for (int i = 0; i < softdeps.size(); i++) {
            line(to, "softdep", softdeps.get(i).pattern(), softdepTexts.get(i));
        }
        weakdeps.forEach(w -> line(to, "weakdep", w.pattern(), String.join(" ", w.modules())));
        return to.toString();
    }

    private static void line(StringBuilder to, String keyword, String name, String rest) {
        to.append(keyword).append(' ').append(name).append(' ').append(rest).append('\n');
    }

    /** Collects lines. Not safe for threads. */
    public static final class Builder {
        private final Compat compat;
        final List<String> blacklist = new ArrayList<>();
        final List<Alias> aliases = new ArrayList<>();
        final List<Options> options = new ArrayList<>();
        final List<Command> installs = new ArrayList<>();
        final List<Command> removes = new ArrayList<>();
        final List<Softdep> softdeps = new ArrayList<>();
        final List<String> softdepTexts = new ArrayList<>();
        final List<Weakdep> weakdeps = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();

        private Builder(Compat compat) {
            this.compat = compat;
        }

        /**
         * Adds the lines of a file.
         *
         * @throws IOException if it cannot be read
         * @throws MalformedInputException if it is too large
         */
        public Builder add(Source source) throws IOException {
            ModprobeLines lines = new ModprobeLines(this, source.shown(), compat);
            source.lines(compat).forEach(lines::add);
            return this;
        }

        /** Adds a text as if it were a file. */
        public Builder add(String text, String name) {
            ModprobeLines lines = new ModprobeLines(this, name, compat);
            ConfigLines.of(text, compat).forEach(lines::add);
            return this;
        }

        /** Adds what a kernel command line says of modules: {@code MODULE.PARAMETER=VALUE}, {@code modprobe.blacklist=MODULE,...}. */
        public Builder commandLine(String text) {
            new KernelParameters(this).add(text);
            return this;
        }

        /** The configuration. */
        public ModprobeConfig build() {
            return new ModprobeConfig(this);
        }
    }
}
