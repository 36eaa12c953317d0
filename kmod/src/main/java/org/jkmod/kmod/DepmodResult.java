package org.jkmod.kmod;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@link Depmod} has made. Immutable. */
public final class DepmodResult {
    private final Path folder;
    private final Map<String, byte[]> outputs;
    private final List<String> warnings;
    private final List<String> uses;
    private final List<List<String>> cycles;
    private final int modulesInCycles;
    private final int modulesRead;

    DepmodResult(
            Path folder,
            Map<String, byte[]> outputs,
            List<String> warnings,
            List<String> uses,
            List<List<String>> cycles,
            int modulesInCycles,
            int modulesRead) {
        this.folder = folder;
        this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        this.warnings = List.copyOf(warnings);
        this.uses = List.copyOf(uses);
        this.cycles = List.copyOf(cycles);
        this.modulesInCycles = modulesInCycles;
        this.modulesRead = modulesRead;
    }

    /** The names of the files, in the order in which kmod writes them; none if there are cycles. */
    public List<String> files() {
        return List.copyOf(outputs.keySet());
    }

    /**
     * The contents of a file.
     *
     * @param file its name: {@code modules.dep}
     * @throws IllegalArgumentException if there is none of that name
     */
    public byte[] bytes(String file) {
        byte[] bytes = outputs.get(file);
        if (bytes == null) {
            throw new IllegalArgumentException(file);
        }
        return bytes.clone();
    }

    /** All text files, one behind the other, as {@code depmod -n} prints them. */
    public byte[] text() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        outputs.forEach((name, bytes) -> {
            if (!name.endsWith(".bin")) {
                text.writeBytes(bytes);
            }
        });
        return text.toByteArray();
    }

    /** What went wrong but did not keep the files from being made, a line each. */
    public List<String> warnings() {
        return warnings;
    }

    /** Which module needs which symbol of which other, a line each, if it was asked for. */
    public List<String> uses() {
        return uses;
    }

    /** Modules that need each other, each cycle as their names, the first again at the end; not more than a hundred. */
    public List<List<String>> cycles() {
        return cycles;
    }

    /** How many modules are in cycles. */
    public int modulesInCycles() {
        return modulesInCycles;
    }

    /** How many modules were read: all, but for those that a cache knows. */
    public int modulesRead() {
        return modulesRead;
    }

    /** Where the files belong. */
    public Path folder() {
        return folder;
    }

    /**
     * Writes the files to their folder, which is made if there is none. All of them, or none: each to a temporary file first; only
     * when all are there they take the places of the old ones.
     *
     * @throws IOException if one cannot be written; then the old ones are as they were
     * @throws IllegalStateException if there are cycles, and so no files
     */
    public void write() throws IOException {
        if (!cycles.isEmpty() || outputs.isEmpty()) {
            throw new IllegalStateException("modules need each other");
        }
        FileSet.write(folder, outputs);
    }
}
