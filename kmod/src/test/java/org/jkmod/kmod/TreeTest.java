package org.jkmod.kmod;

import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.EM_X86_64;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jkmod.core.ModuleBuilder;
import org.junit.jupiter.api.io.TempDir;

/** A root file system with the modules of one kernel, which a test puts in. */
abstract class TreeTest {
    final String release;

    @TempDir
    Path root;

    TreeTest(String release) {
        this.release = release;
    }

    /** Where the modules are. */
    Path folder() {
        return root.resolve("lib/modules").resolve(release);
    }

    void put(String path, byte[] bytes) throws IOException {
        Path file = folder().resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    void put(String path, String text) throws IOException {
        put(path, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void put(String path, ModuleBuilder module) throws IOException {
        put(path, module.bytes());
    }

    static ModuleBuilder small(String name) {
        return module(name, EM_X86_64);
    }
}
