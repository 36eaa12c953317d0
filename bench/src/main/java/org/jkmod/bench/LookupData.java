package org.jkmod.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.jkmod.kmod.KernelImage;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jkmod.symtab.SymbolTable;

/**
 * What is looked up, as files: made once from a Debian kernel's image and its Module.symvers, then read by the benchmarks and by
 * native/lookup.c, so that all see the same tables and ask the same in the same order.
 *
 * <p>Numbers are little-endian. {@code names.txt}: the exports, a name a line; {@code name-queries.bin}: 32 bits each, the number of a
 * line, from 0. {@code kallsyms.txt}: the kernel's symbols as in /proc/kallsyms; {@code addresses.bin}: their addresses, ascending, 64
 * bits each; {@code address-queries.bin}: addresses in them. {@code symbols.table}: a saved {@link SymbolTable}.
 */
final class LookupData {
    static final int NAME_QUERIES = 1 << 16;
    static final int ADDRESS_QUERIES = 1 << 20;
    private static final long SEED = 1;
    private static final int MAX_OFFSET = 64;

    private final Path folder;

    LookupData(Path folder) {
        this.folder = folder;
    }

    /** Makes the files; those that are there stay, but for the saved table, whose form may be another today. */
    static LookupData of(Path folder, Path symvers, Path image) throws IOException {
        LookupData data = new LookupData(folder);
        Path last = folder.resolve("address-queries.bin");
        if (!Files.exists(last)) {
            Files.createDirectories(folder);
            data.writeNames(ModuleSymvers.read(symvers));
            data.writeAddresses(KernelImage.read(image).symbols().kallsyms().orElseThrow());
        }
        SymbolTable.of(Kallsyms.parse(data.kallsyms(), "kallsyms")).write(data.symbolTable());
        return data;
    }

    private void writeNames(ModuleSymvers exports) throws IOException {
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < exports.size(); i++) {
            names.append(exports.name(i)).append('\n');
        }
        Files.writeString(folder.resolve("names.txt"), names, StandardCharsets.ISO_8859_1);
        Random random = new Random(SEED);
        byte[] bytes = new byte[NAME_QUERIES * Integer.BYTES];
        ByteBuffer queries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < NAME_QUERIES; i++) {
            queries.putInt(random.nextInt(exports.size()));
        }
        Files.write(folder.resolve("name-queries.bin"), bytes);
    }

    private void writeAddresses(Kallsyms symbols) throws IOException {
        try (PrintWriter out =
                new PrintWriter(Files.newBufferedWriter(folder.resolve("kallsyms.txt"), StandardCharsets.ISO_8859_1))) {
            for (int i = 0; i < symbols.size(); i++) {
                out.printf("%016x %c %s%n", symbols.address(i), symbols.type(i), symbols.name(i));
            }
        }
        SymbolTable table = SymbolTable.of(symbols);
        writeLongs(
                "addresses.bin",
                IntStream.range(0, table.size()).mapToLong(table::address).toArray());
        Random random = new Random(SEED);
        long[] queries = new long[ADDRESS_QUERIES];
        for (int i = 0; i < queries.length; i++) {
            int symbol = random.nextInt(table.size());
            int within = (int) Math.max(1, Math.min(MAX_OFFSET, table.distanceToNext(symbol)));
            queries[i] = table.address(symbol) + random.nextInt(within);
        }
        writeLongs("address-queries.bin", queries);
    }

    private void writeLongs(String file, long[] longs) throws IOException {
        byte[] bytes = new byte[longs.length * Long.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(longs);
        Files.write(folder.resolve(file), bytes);
    }

    Path folder() {
        return folder;
    }

    Path symbolTable() {
        return folder.resolve("symbols.table");
    }

    byte[] kallsyms() {
        return read("kallsyms.txt");
    }

    String[] names() {
        return new String(read("names.txt"), StandardCharsets.ISO_8859_1)
                .lines()
                .toArray(String[]::new);
    }

    int[] nameQueries() {
        int[] queries = new int[NAME_QUERIES];
        ByteBuffer.wrap(read("name-queries.bin"))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(queries);
        return queries;
    }

    long[] addresses() {
        return longs("addresses.bin");
    }

    long[] addressQueries() {
        return longs("address-queries.bin");
    }

    private long[] longs(String file) {
        byte[] bytes = read(file);
        long[] longs = new long[bytes.length / Long.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(longs);
        return longs;
    }

    private byte[] read(String file) {
        try {
            return Files.readAllBytes(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException("bench/run lookup makes the data first: " + e.getMessage(), e);
        }
    }
}
