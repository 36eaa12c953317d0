package org.jkmod.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelObject.Import;

/** Makes a recording of what the init of a kernel left in shared memory: the files that {@link Recording} reads. */
public final class RecordingWriter {
    /** Entries of archives have a date; the same recording makes the same bytes. */
    private static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final String MEMORY = "memory/";

    private final SharedMemory kept;
    private final Path modules;

    private RecordingWriter(SharedMemory kept, Path modules) {
        this.kept = kept;
        this.modules = modules;
    }

    /**
     * Writes a recording.
     *
     * @param shared the shared memory, as a file
     * @param modules the folder of the modules that were loaded
     * @param folder to write to; is made
     * @throws IOException if a file cannot be read or written, or if the kernel did not do all it should
     * @throws org.jkmod.elf.MalformedInputException if what it left is damaged
     */
    public static void write(Path shared, Path modules, Path folder) throws IOException {
        SharedMemory kept = SharedMemory.read(shared);
        if (!kept.isComplete()) {
            throw new IOException("the kernel did not do all of its plan: " + shared);
        }
        new RecordingWriter(kept, modules).write(folder);
    }

    private void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String name : List.of("load.txt", "sections.txt", "proc_modules.txt", "version.txt", "dmesg.txt")) {
            Files.write(folder.resolve(name), kept.bytes(name));
        }
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("kallsyms-full.txt.gz")))) {
            out.write(kept.bytes("kallsyms.txt"));
        }
        List<Path> files;
        try (Stream<Path> list = Files.list(modules)) {
            files = list.sorted().toList();
        }
        try (ZipOutputStream zip = zip(folder, "modules.zip")) {
            for (Path file : files) {
                put(zip, String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        }
        try (ZipOutputStream zip = zip(folder, "memory.zip")) {
            for (String name : kept.entries().keySet()) {
                if (name.startsWith(MEMORY)) {
                    put(zip, name.substring(MEMORY.length()), kept.bytes(name));
                }
            }
        }
        try (ZipOutputStream zip = zip(folder, "kallsyms.zip")) {
            put(zip, "kallsyms.txt", kallsyms(imports(files)));
        }
    }

    private static ZipOutputStream zip(Path folder, String name) throws IOException {
        return new ZipOutputStream(Files.newOutputStream(folder.resolve(name)));
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(DATE);
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    private static Set<String> imports(List<Path> files) throws IOException {
        Set<String> names = new HashSet<>();
        for (Path file : files) {
            KernelObject.read(file).imports().stream().map(Import::name).forEach(names::add);
        }
        return names;
    }

    /** The lines of modules' symbols, and of the kernel's those that modules import. */
    private byte[] kallsyms(Set<String> imports) throws IOException {
        byte[] all = kept.bytes("kallsyms.txt");
        ByteArrayOutputStream lines = new ByteArrayOutputStream(all.length / 2);
        Set<String> missing = new TreeSet<>(imports);
        long etext = 0;
        int start = 0;
        for (int at = 0; at < all.length; at++) {
            if (all[at] != '\n') {
                continue;
            }
            // ADDRESS TYPE NAME, and [MODULE] behind a tab
            String[] words = new String(all, start, at - start, StandardCharsets.ISO_8859_1).split("[ \t]", 4);
            if (words.length == 4 || imports.contains(words[2])) {
                lines.write(all, start, at + 1 - start);
                missing.remove(words[2]);
            }
            if (words[2].equals("_etext")) {
                etext = Long.parseUnsignedLong(words[0], 16);
            }
            start = at + 1;
        }
        for (Map.Entry<String, Long> export : exports(etext, missing).entrySet()) {
            lines.writeBytes(String.format("%016x D %s%n", export.getValue(), export.getKey())
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        return lines.toByteArray();
    }

    private Map<String, Long> exports(long etext, Set<String> names) {
        ByteBuffer rodata = kept.entries().get("rodata");
        return rodata == null
                ? Map.of()
                : new TreeMap<>(ExportAddresses.find(rodata.duplicate().order(ByteOrder.LITTLE_ENDIAN), etext, names));
    }
}
