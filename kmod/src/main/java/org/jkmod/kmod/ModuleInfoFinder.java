package org.jkmod.kmod;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the modules that somebody names to modinfo: by file, by name, by alias, or by a symbol that they export ({@code symbol:NAME}),
 * in the indexes that depmod left in a tree. Configuration is not asked, as kmod's modinfo does not ask it. An index is read when it is
 * first needed, and kept; safe for threads.
 */
public final class ModuleInfoFinder {
    /**
     * What was found.
     *
     * @param name the module's name
     * @param path the module's path as modinfo prints it: absolute, but not normalised; empty if it is built in
     * @param file where the file is for this process; empty if it is built in
     * @param builtin what the kernel says of it, if it is built in
     */
    public record Found(String name, String path, Optional<Path> file, Optional<ModuleInfo> builtin) {}

    private final String shownDirectory;
    private final Sysroot root;
    private final String modules;
    private final String shownModules;

    /** Those that have been read, by the names of their files. */
    private final Map<String, ModuleIndex> indexes = new HashMap<>();

    private @Nullable BuiltinModinfo builtinModinfo;

    /**
     * A finder in a tree, which need not be there as long as only files are looked for.
     *
     * @param directory the folder in which relative paths begin; absolute
     * @param root of the file system that has the tree, as the user wrote it; empty for the host's own
     * @param release of the kernel
     * @throws IOException if a link in the root cannot be read
     */
    public ModuleInfoFinder(Path directory, String root, String release) throws IOException {
        this.shownDirectory = directory.toString();
        String shownRoot = root.isEmpty() ? "" : shown(withoutSlashes(root));
        this.root = Sysroot.of(shownRoot.isEmpty() ? directory.getRoot() : directory.resolve(shownRoot));
        String places = "/lib/modules/";
        if (!Files.isDirectory(this.root.resolve(places + release))
                && Files.isDirectory(this.root.resolve("/usr" + places + release))) {
            places = "/usr" + places;
        }
        this.modules = places + release;
        this.shownModules = shownRoot + places + release;
    }

    private static String withoutSlashes(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    private String shown(String path) {
        return path.startsWith("/") ? path : shownDirectory + "/" + path;
    }

    /** Whether an argument names a file: there is one, and it has the ending of a module. */
    public boolean isFile(String argument) {
        if (argument.indexOf('\0') >= 0) {
            return false;
        }
        for (String suffix : ModuleFile.SUFFIXES) {
            if (argument.endsWith(suffix)) {
                // Not by java.nio.file, which takes three times as long to ask of thousands.
                return new File(shown(argument)).isFile();
            }
        }
        return false;
    }

    /** A file that is there. */
    public Found file(String argument) {
        return new Found(
                ModuleTree.moduleName(argument),
                shown(argument),
                Optional.of(Path.of(shown(argument))),
                Optional.empty());
    }

    /**
     * The modules of a name.
     *
     * @param exactly whether aliases of modules are not looked at; those of what is built in are, in any case
     * @return in the order in which modinfo shows them; empty if there is none
     * @throws IOException if an index cannot be read
     * @throws MalformedInputException if one is damaged
     */
    public List<Found> named(String name, boolean exactly) throws IOException {
        String wanted = AliasPattern.underscores(name);
        if (wanted.indexOf(':') < 0) {
            Optional<Found> found = module(wanted);
            if (found.isPresent()) {
                return List.of(found.get());
            }
        }
        if (!exactly) {
            List<ModuleIndex.Value> values = List.of();
            if (wanted.startsWith("symbol:")) {
                values = symbols().matching(wanted);
            }
            if (values.isEmpty()) {
                values = aliases().matching(wanted);
            }
            if (!values.isEmpty()) {
                return all(values);
            }
        }
        if (builtins().first(wanted).isPresent()) {
            return List.of(builtin(wanted));
        }
        List<Found> found = all(builtinAliases().matching(wanted));
        return exactly && found.size() > 1 ? found.subList(0, 1) : found;
    }

    private List<Found> all(List<ModuleIndex.Value> values) throws IOException {
        List<Found> found = new ArrayList<>(values.size());
        for (ModuleIndex.Value value : values) {
            Optional<Found> module = module(value.value());
            found.add(module.isPresent() ? module.get() : builtin(value.value()));
        }
        return found;
    }

    /** The module that modules.dep has of a name. */
    private Optional<Found> module(String name) throws IOException {
        Optional<ModuleIndex.Value> line = dependencies().first(name);
        if (line.isEmpty()) {
            return Optional.empty();
        }
        String text = line.get().value();
        int colon = text.indexOf(':');
        String path = colon < 0 ? text : text.substring(0, colon);
        boolean isAbsolute = path.startsWith("/");
        // A module of which there is a file and which is built in, too, says what the kernel says of it.
        Optional<ModuleInfo> builtin = builtins().first(name).isPresent()
                ? Optional.of(builtin(name).builtin().orElseThrow().withFile())
                : Optional.empty();
        return Optional.of(new Found(
                name,
                isAbsolute ? path : shownModules + "/" + path,
                Optional.of(root.resolve(isAbsolute ? path : modules + "/" + path)),
                builtin));
    }

    private Found builtin(String name) throws IOException {
        return new Found(name, "", Optional.empty(), Optional.of(ModuleInfo.builtin(name, strings(name))));
    }

    /** The first strings of a module that stand together, without its name. */
    private byte[] strings(String name) throws IOException {
        BuiltinModinfo.Strings at = builtinModinfo().strings();
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        byte[] strings = new byte[0];
        int used = 0;
        while (at.next()) {
            if (at.point >= 0 && Arrays.equals(at.bytes, at.from, at.point, wanted, 0, wanted.length)) {
                int length = at.end - at.point - 1;
                if (strings.length - used <= length) {
                    strings = Arrays.copyOf(strings, Math.max(2 * strings.length, used + length + 1));
                }
                System.arraycopy(at.bytes, at.point + 1, strings, used, length);
                used += length + 1;
            } else if (used > 0) {
                break;
            }
        }
        return Arrays.copyOf(strings, used);
    }

    private synchronized BuiltinModinfo builtinModinfo() throws IOException {
        if (builtinModinfo == null) {
            Path file = root.resolve(modules + "/modules.builtin.modinfo");
            builtinModinfo = BuiltinModinfo.read(file);
        }
        return builtinModinfo;
    }

    private ModuleIndex dependencies() throws IOException {
        return index("modules.dep.bin");
    }

    private ModuleIndex symbols() throws IOException {
        return index("modules.symbols.bin");
    }

    private ModuleIndex aliases() throws IOException {
        return index("modules.alias.bin");
    }

    private ModuleIndex builtins() throws IOException {
        return index("modules.builtin.bin");
    }

    private ModuleIndex builtinAliases() throws IOException {
        return index("modules.builtin.alias.bin");
    }

    private synchronized ModuleIndex index(String file) throws IOException {
        ModuleIndex index = indexes.get(file);
        if (index == null) {
            Path path = root.resolve(modules + "/" + file);
            index = Files.exists(path) ? ModuleIndex.read(path) : ModuleIndex.parse(new byte[0], path.toString());
            indexes.put(file, index);
        }
        return index;
    }
}
