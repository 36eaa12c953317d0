package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.InputFile.Contents;
import org.jkmod.elf.MalformedInputException;

/** Memory for the file of one module after another. Not safe for threads. */
final class ModuleBuffer {
    /** Enough for nearly all modules. */
    private static final int FIRST_ROOM = 1 << 20;
    /** Larger ones are not kept: some modules have 30 MiB, most less than a hundredth of that. */
    private static final int LARGEST_ROOM = 4 << 20;

    /** Any compression's magic number has no more bytes. */
    private static final int HEAD = 6;

    /** Those that nobody uses, the last used first: it is most likely still in the processor's cache. */
    static final class Pool {
        private final ConcurrentLinkedDeque<ModuleBuffer> free = new ConcurrentLinkedDeque<>();

        ModuleBuffer take() {
            ModuleBuffer buffer = free.pollFirst();
            return buffer == null ? new ModuleBuffer() : buffer;
        }

        /** Nobody may look at its bytes any more. */
        void give(ModuleBuffer buffer) {
            buffer.contents = new Contents(buffer.room, 0);
            free.addFirst(buffer);
        }
    }

    private byte[] room = new byte[0];
    private Contents contents = new Contents(room, 0);

    private ModuleBuffer() {}

    /**
     * Reads a module's bytes, decompressed, as {@link ModuleFile#read} does.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException if it is damaged, or larger than {@link ModuleFile#MAX_SIZE}
     */
    void read(Path file) throws IOException {
        Contents read = InputFile.readRegular(file, this::room, ModuleFile.MAX_SIZE, ModuleFile.EXPECTED);
        byte[] head = Arrays.copyOf(read.bytes(), Math.min(HEAD, read.size()));
        if (ModuleFile.isCompressed(head)) {
            byte[] module = ModuleFile.decompress(Arrays.copyOf(read.bytes(), read.size()), file.toString());
            contents = new Contents(module, module.length);
        } else {
            contents = read;
        }
    }

    private byte[] room(int size) {
        if (size > LARGEST_ROOM) {
            return new byte[size];
        }
        if (size > room.length) {
            room = new byte[Math.max(FIRST_ROOM, Integer.highestOneBit(size - 1) << 1)];
        }
        return room;
    }

    /** What was read begins here. */
    byte[] bytes() {
        return contents.bytes();
    }

    /** How many bytes were read. */
    int size() {
        return contents.size();
    }
}
