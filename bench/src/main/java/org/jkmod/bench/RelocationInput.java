package org.jkmod.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jkmod.core.RelocationProgram;

/**
 * The relocations of some modules, as a file that the benchmarks and native/relocate.c read: tables of {@code Elf64_Rela}, symbol tables
 * with the symbols' values in them, and the sections' bytes before relocation. {@link RelocationWriter} makes it.
 *
 * <p>Numbers are 64 bits, little-endian. A head: how many sections, where the sections' bytes are in the file, and how many. For each
 * section: where its relocations are and how many, where its module's symbols are and how many, where among the sections' bytes its
 * own begin, how many they are, and the address of the first.
 */
final class RelocationInput {
    static final int HEAD = 3;
    static final int SECTION = 7;
    private static final int SYMBOL = 24;
    private static final int SYMBOL_VALUE = 8;

    static final RelocationInput EMPTY = new RelocationInput(new byte[HEAD * Long.BYTES]);

    /** A section's relocations: of what the file says of it. */
    private static final class Table {
        private final int rela;
        private final int count;
        private final long[] symbols;
        private final int image;
        private final int size;
        private final long address;

        private Table(int rela, int count, long[] symbols, ByteBuffer rest) {
            this.rela = rela;
            this.count = count;
            this.symbols = symbols;
            this.image = (int) rest.getLong();
            this.size = (int) rest.getLong();
            this.address = rest.getLong();
        }
    }

    /** Counts what is left to a linkage. */
    private static final class Deferred implements IntConsumer {
        private int count;

        @Override
        public void accept(int index) {
            count++;
        }
    }

    private final byte[] file;
    private final int images;
    private final Table[] tables;
    private final byte[] image;
    private final Deferred deferred = new Deferred();

    private RelocationInput(byte[] file) {
        this.file = file;
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        this.tables = new Table[(int) in.getLong()];
        this.images = (int) in.getLong();
        this.image = new byte[(int) in.getLong()];
        long[] symbols = new long[0];
        int lastSymbols = -1;
        for (int i = 0; i < tables.length; i++) {
            int rela = (int) in.getLong();
            int count = (int) in.getLong();
            int at = (int) in.getLong();
            int symbolCount = (int) in.getLong();
            if (at != lastSymbols) {
                symbols = new long[symbolCount];
                for (int symbol = 0; symbol < symbolCount; symbol++) {
                    symbols[symbol] = in.getLong(at + symbol * SYMBOL + SYMBOL_VALUE);
                }
                lastSymbols = at;
            }
            tables[i] = new Table(rela, count, symbols, in);
        }
    }

    static RelocationInput read(Path path) throws IOException {
        return new RelocationInput(Files.readAllBytes(path));
    }

    /** Makes the sections what they were before relocation. */
    void wipe() {
        System.arraycopy(file, images, image, 0, image.length);
    }

    /** Relocates all sections. */
    int apply(RelocationProgram program) {
        deferred.count = 0;
        int applied = 0;
        for (Table table : tables) {
            int done = program.apply(
                    file,
                    table.rela,
                    table.count,
                    table.symbols,
                    image,
                    table.image,
                    table.size,
                    table.address,
                    deferred);
            if (done != table.count) {
                throw new IllegalStateException("stopped at relocation " + done);
            }
            applied += done;
        }
        return applied;
    }

    /** How many relocations the program left to a linkage. */
    int deferred() {
        return deferred.count;
    }

    /** What the sections hold now; not a copy. */
    byte[] image() {
        return image;
    }

    int relocations() {
        return Arrays.stream(tables).mapToInt(table -> table.count).sum();
    }

    /** Writes the file. */
    static void write(Path path, List<long[]> sections, List<byte[]> parts, long images, long imagesSize)
            throws IOException {
        byte[] bytes = new byte[(HEAD + SECTION * sections.size()) * Long.BYTES];
        ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(sections.size()).putLong(images).putLong(imagesSize);
        for (long[] section : sections) {
            for (long number : section) {
                head.putLong(number);
            }
        }
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
            out.write(bytes);
            for (byte[] part : parts) {
                out.write(part);
            }
        }
    }
}
