package org.jkmod.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.SectionAddresses;
import org.jkmod.symtab.Kallsyms;

/**
 * What a real kernel was seen to do: the modules that it loaded, where it put their sections, and what was in its memory afterwards. A
 * folder with {@code load.txt}, {@code sections.txt}, {@code proc_modules.txt}, {@code modules.zip}, {@code kallsyms.zip} and
 * {@code memory.zip}.
 */
public final class Recording implements AutoCloseable {
    private final Path folder;
    private final String release;
    private final ZipFile modules;
    private final ZipFile memory;

    /**
     * Opens a recording.
     *
     * @throws IOException if a file of it is not there
     */
    public Recording(Path folder) throws IOException {
        this.folder = folder;
        this.release = release(folder);
        this.modules = new ZipFile(folder.resolve("modules.zip").toFile());
        this.memory = new ZipFile(folder.resolve("memory.zip").toFile());
    }

    /** The recordings below a folder, by release; none if it is not there. */
    public static List<Path> below(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.filter(p -> Files.exists(p.resolve("memory.zip")))
                    .sorted()
                    .toList();
        }
    }

    /** The kernel's release, which its folder is named after, or begins with. */
    public String release() {
        return release;
    }

    private static String release(Path folder) throws IOException {
        Path file = folder.resolve("version.txt");
        if (Files.exists(file)) {
            String[] words = Files.readString(file).split(" ", 4);
            if (words.length == 4 && words[0].equals("Linux") && words[1].equals("version")) {
                return words[2];
            }
        }
        return String.valueOf(folder.getFileName());
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** What is known of the kernel, if the recording has it ({@code kernel.profile}). */
    public Optional<KernelProfile> profile() throws IOException {
        Path file = folder.resolve("kernel.profile");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(KernelProfile.read(in, file.toString()));
        }
    }

    /** The kernel's configuration. Without a profile: only whether modules keep symbols of variables, as their symbols say. */
    public KernelConfiguration configuration() throws IOException {
        Optional<KernelProfile> profile = profile();
        if (profile.isPresent()) {
            return profile.get().configuration();
        }
        Kallsyms symbols = kallsyms();
        boolean all = IntStream.range(0, symbols.size())
                .anyMatch(i -> !symbols.module(i).isEmpty() && "dDbBrR".indexOf(symbols.type(i)) >= 0);
        return new KernelConfiguration(
                KernelConfiguration.of(KernelRelease.parse(release)).generation(),
                Map.of("KALLSYMS_ALL", all ? "y" : "n"));
    }

    /** The modules in the order in which they were loaded; those that the kernel did not take are left out. */
    public List<KernelObject> loaded() throws IOException {
        List<KernelObject> objects = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("load.txt"))) {
            int blank = line.indexOf(' ');
            if (blank > 0 && line.substring(blank + 1).strip().equals("0")) {
                String file = line.substring(0, blank);
                objects.add(KernelObject.parse(bytes(modules, file).orElseThrow(() -> new IOException(file)), file));
            }
        }
        return objects;
    }

    /** Where the kernel had the modules' sections. */
    public SectionAddresses sections() throws IOException {
        return SectionAddresses.read(folder.resolve("sections.txt"));
    }

    /** The kernel's and the modules' symbols. */
    public Kallsyms kallsyms() throws IOException {
        try (ZipFile zip = new ZipFile(folder.resolve("kallsyms.zip").toFile())) {
            return Kallsyms.parse(
                    bytes(zip, "kallsyms.txt").orElseThrow(() -> new IOException("kallsyms.txt")),
                    folder + "/kallsyms.txt");
        }
    }

    /** Gives the lines of the kernel's and the modules' symbols: {@code ADDRESS TYPE NAME}, and {@code [MODULE]} behind a tab. */
    public void kallsymsLines(Consumer<String> to) throws IOException {
        try (ZipFile zip = new ZipFile(folder.resolve("kallsyms.zip").toFile())) {
            byte[] text = bytes(zip, "kallsyms.txt").orElseThrow(() -> new IOException("kallsyms.txt"));
            new String(text, StandardCharsets.ISO_8859_1).lines().forEach(to);
        }
    }

    /** The lines of /proc/modules by module. */
    public Map<String, String> procModules() throws IOException {
        Map<String, String> lines = new LinkedHashMap<>();
        for (String line : Files.readAllLines(folder.resolve("proc_modules.txt"), StandardCharsets.ISO_8859_1)) {
            lines.put(line.substring(0, line.indexOf(' ')), line);
        }
        return lines;
    }

    /**
     * The modules whose bytes cannot be compared: they import a variable of which the recording does not know where it was
     * ({@code stand_ins.txt}: lines {@code SYMBOL MODULE,MODULE...}). One such variable is harmless, for only places that alternatives
     * replace name it.
     */
    public Set<String> incomparable() throws IOException {
        Set<String> modules = new HashSet<>();
        Path file = folder.resolve("stand_ins.txt");
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                int blank = line.indexOf(' ');
                if (blank > 0 && !line.startsWith("gic_nonsecure_priorities ")) {
                    modules.addAll(List.of(line.substring(blank + 1).split(",")));
                }
            }
        }
        return modules;
    }

    /** What was in the kernel's memory where it had a section; empty if that was not recorded. */
    public Optional<byte[]> memory(String module, String section) {
        return bytes(memory, module + "/" + section);
    }

    private static Optional<byte[]> bytes(ZipFile zip, String name) {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            return Optional.empty();
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        modules.close();
        memory.close();
    }
}
