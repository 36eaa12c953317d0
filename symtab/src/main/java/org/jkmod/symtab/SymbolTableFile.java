package org.jkmod.symtab;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * A saved {@link SymbolTable}, little-endian:
 *
 * <pre>
 * magic      8 bytes: "jkmodsym"
 * version    u32: 2
 * checksum   u32: CRC-32C of all that follows
 * counts     u32 each: symbols, regions, names, bytes of the names' text, runs, modules
 * regions    u64 its first address; u32 its first position
 * offsets    u32 a symbol: its distance from the region's first address
 * types      u8 a symbol
 * ranks      3 bytes a symbol: the place of its name in the order of names
 * shared     u8 a name: how many bytes of it are those of the one before
 * blocks     u32 for 32 names: where they begin in the text
 * text       the rest of each name, as SortedNames packs them
 * runs       u32 a run: its first position; u32: its module
 * modules    a length, u8, and the name, of each
 * </pre>
 *
 * <p>The tables that make look-ups fast are built when a file is opened: that takes less time than to read them would.
 */
final class SymbolTableFile {
    private static final byte[] MAGIC = "jkmodsym".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final String EXPECTED = "a saved symbol table";
    private static final int CHECKED_FROM = MAGIC.length + 2 * Integer.BYTES;
    private static final int COUNTS = 6;
    private static final int MAX_SIZE = 1 << 29;
    private static final int BYTES_24 = 3;

    private final String name;
    private final ByteBuffer in;

    private SymbolTableFile(byte[] bytes, String name) {
        this.name = name;
        in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static SymbolTable read(Path file) throws IOException {
        InputFile.requireReadable(file);
        return parse(
                Files.isRegularFile(file) ? mapped(file) : InputFile.read(file, MAX_SIZE, EXPECTED), file.toString());
    }

    /**
     * What a file has, through a mapping, which takes half the time of reading it. The mapping is not kept: a page of it that is no longer
     * there, because somebody has shortened the file, would end in an error of the JVM.
     */
    private static byte[] mapped(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > MAX_SIZE) {
                throw new MalformedInputException(
                        file.toString(), "size", 0, "more than " + MAX_SIZE + " bytes", EXPECTED);
            }
            byte[] bytes = new byte[(int) size];
            channel.map(FileChannel.MapMode.READ_ONLY, 0, size).get(bytes);
            return bytes;
        }
    }

    static SymbolTable parse(byte[] bytes, String name) {
        return new SymbolTableFile(bytes, name).read();
    }

    static void write(SymbolTable table, Path file) throws IOException {
        // Where a link leads, so that it stays one; what is a device or a pipe stays one, too.
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new FileSystemException(file.toString(), null, "Not a regular file");
        }
        Path folder = target.resolveSibling(".");
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(file.toString());
        }
        // Made by open(2), for createTempFile() would give nobody else the right to read it. Of two that write at once
        // the last one wins.
        Path temporary = target.resolveSibling("." + target.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        try {
            Files.createFile(temporary);
            try {
                Files.write(temporary, bytes(table), StandardOpenOption.WRITE);
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (FileSystemException e) {
            throw new FileSystemException(file.toString(), null, reason(e));
        }
    }

    private static String reason(FileSystemException e) {
        if (e instanceof AccessDeniedException) {
            return "Permission denied";
        }
        return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
    }

    static byte[] bytes(SymbolTable table) {
        AddressIndex addresses = table.addresses();
        ByteArrayOutputStream modules = new ByteArrayOutputStream();
        for (String module : table.modules()) {
            byte[] bytes = module.getBytes(StandardCharsets.ISO_8859_1);
            modules.write(bytes.length);
            modules.writeBytes(bytes);
        }
        int regions = addresses.bases().length;
        SortedNames names = table.names();
        long size = CHECKED_FROM
                + COUNTS * Integer.BYTES
                + regions * (Long.BYTES + Integer.BYTES)
                + (long) table.size() * (Integer.BYTES + 1 + BYTES_24)
                + names.size()
                + (long) names.blocks().length * Integer.BYTES
                + names.textSize()
                + 2L * table.runs().length * Integer.BYTES
                + modules.size();
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(0);
        out.putInt(table.size())
                .putInt(regions)
                .putInt(names.size())
                .putInt(names.textSize())
                .putInt(table.runs().length)
                .putInt(table.modules().length);
        for (int region = 0; region < regions; region++) {
            out.putLong(addresses.bases()[region]).putInt(addresses.firsts()[region]);
        }
        putInts(out, addresses.offsets());
        out.put(table.types()).put(table.ranks().bytes()).put(names.shared());
        putInts(out, names.blocks());
        out.put(names.text(), 0, names.textSize());
        for (int run = 0; run < table.runs().length; run++) {
            out.putInt(table.runs()[run]).putInt(table.runModules()[run]);
        }
        out.put(modules.toByteArray());
        sign(out.array());
        return out.array();
    }

    /** Puts the checksum in. */
    static void sign(byte[] bytes) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(CHECKED_FROM - Integer.BYTES, checksum(bytes));
    }

    private static void putInts(ByteBuffer out, int[] ints) {
        out.asIntBuffer().put(ints);
        out.position(out.position() + ints.length * Integer.BYTES);
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, CHECKED_FROM, bytes.length - CHECKED_FROM);
        return (int) crc.getValue();
    }

    private SymbolTable read() {
        byte[] magic = bytes(MAGIC.length, "magic");
        require(Arrays.equals(magic, MAGIC), "magic", "no saved symbol table", "jkmodsym");
        int version = count(Integer.MAX_VALUE, "version");
        require(version == VERSION, "version", "version " + version, "version " + VERSION);
        require(in.remaining() > Integer.BYTES, "checksum", "the end of the file", "more than 4 bytes");
        require(in.getInt() == checksum(in.array()), "checksum", "another checksum", "an undamaged file");

        int size = count(SymbolTable.MAX_SIZE - 1, "number of symbols");
        int regions = count(size, "number of regions");
        int nameCount = count(size, "number of names");
        int textSize = count(MAX_SIZE, "size of the names");
        int runCount = count(size, "number of runs");
        int moduleCount = count(runCount, "number of modules");

        long[] bases = new long[room(regions, Long.BYTES + Integer.BYTES, "regions")];
        int[] firsts = new int[regions + 1];
        for (int region = 0; region < regions; region++) {
            bases[region] = in.getLong();
            firsts[region] = in.getInt();
        }
        firsts[regions] = size;
        AddressIndex addresses = AddressIndex.restored(bases, firsts, ints(size, "offsets"))
                .orElseThrow(() -> malformed("regions", "addresses out of order", "addresses that ascend"));
        byte[] types = bytes(size, "types");
        Int24Array ranks = new Int24Array(bytes(size * BYTES_24, "ranks"));
        require(ranks.max() < nameCount, "ranks", "name " + ranks.max(), "a number below " + nameCount);
        SortedNames names = names(nameCount, textSize);
        int[] runs = new int[room(runCount, 2 * Integer.BYTES, "runs")];
        int[] runModules = new int[runCount];
        for (int run = 0; run < runCount; run++) {
            runs[run] = in.getInt();
            runModules[run] = in.getInt();
            boolean ascends = run == 0 ? runs[run] == 0 : runs[run] > runs[run - 1];
            if (!ascends || runs[run] >= size || runModules[run] < 0 || runModules[run] >= moduleCount) {
                throw malformed(
                        "runs",
                        "module " + runModules[run] + " from " + runs[run],
                        "known modules, and positions that ascend from 0");
            }
        }
        require(size == 0 || runCount > 0, "runs", "none", "one at 0");
        String[] modules = new String[moduleCount];
        for (int module = 0; module < moduleCount; module++) {
            int length = bytes(1, "modules")[0] & 0xff;
            modules[module] = new String(bytes(length, "modules"), StandardCharsets.ISO_8859_1);
        }
        require(in.remaining() == 0, "end", in.remaining() + " bytes more", "the end of the file");
        return new SymbolTable(addresses, types, names, ranks, runs, runModules, modules);
    }

    private SortedNames names(int count, int textSize) {
        byte[] shared = bytes(count, "shared");
        int[] blocks = ints(SortedNames.blocks(count), "blocks");
        byte[] text = new byte[SortedNames.padded(room(textSize, 1, "text"))];
        in.get(text, 0, textSize);
        return SortedNames.restored(shared, blocks, text, textSize)
                .orElseThrow(() -> malformed("text", "names that are no names", "names in their order"));
    }

    private int count(int most, String place) {
        require(in.remaining() >= Integer.BYTES, place, "the end of the file", "4 bytes");
        int count = in.getInt();
        require(count >= 0 && count <= most, place, Integer.toUnsignedString(count), "at most " + most);
        return count;
    }

    /** A count, if there are bytes enough for so many. */
    private int room(int count, int size, String place) {
        require(
                (long) count * size <= in.remaining(),
                place,
                "the end of the file",
                count + " times " + size + " bytes");
        return count;
    }

    private byte[] bytes(int count, String place) {
        byte[] bytes = new byte[room(count, 1, place)];
        in.get(bytes);
        return bytes;
    }

    private int[] ints(int count, String place) {
        int[] ints = new int[room(count, Integer.BYTES, place)];
        in.asIntBuffer().get(ints);
        in.position(in.position() + count * Integer.BYTES);
        return ints;
    }

    private void require(boolean condition, String place, String found, String expected) {
        if (!condition) {
            throw malformed(place, found, expected);
        }
    }

    private MalformedInputException malformed(String place, String found, String expected) {
        return new MalformedInputException(name, place, in.position(), found, expected);
    }
}
