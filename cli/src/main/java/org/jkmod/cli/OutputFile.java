package org.jkmod.cli;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that commands write. Nobody shall find half of one; a pipe or a device is written as it is. */
final class OutputFile {
    /** Writes what is in it. */
    interface Content {
        /** Writes it. */
        void write(OutputStream to) throws IOException;
    }

    private OutputFile() {}

    /** Writes a file. */
    static void write(Path file, Content content) throws IOException {
        boolean direct = Files.exists(file) && !Files.isRegularFile(file);
        Path to = direct ? file : beside(file, "new");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(to))) {
            content.write(out);
        } catch (IOException | RuntimeException e) {
            if (!direct) {
                Files.deleteIfExists(to);
            }
            throw e;
        }
        if (!direct) {
            Files.move(to, file, ATOMIC_MOVE);
        }
    }

    /** A file of the same name with another ending behind it. */
    static Path beside(Path file, String ending) {
        return file.resolveSibling(file.getFileName() + "." + ending);
    }
}
