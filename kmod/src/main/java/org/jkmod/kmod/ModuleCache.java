package org.jkmod.kmod;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.jkmod.elf.InputFile;
import org.jspecify.annotations.Nullable;

/**
 * What depmod read of modules the last time, in a file beside its outputs: those that have the same size and time need not be read
 * again. kmod has no such thing.
 *
 * <p>Big-endian words: magic number, version, all names (each its length and bytes), the modules (path, size, time; how many names it
 * exports, and their numbers; the same of its imports; the values of .modinfo, each with its kind), and the CRC-32 of all before. A
 * file that is damaged in any way counts as none: modules are read then.
 */
final class ModuleCache {
    /** Its name; that of an index, so that nobody takes it for text. */
    static final String FILE = "modules.jkmod-cache.bin";

    private static final int MAGIC = 0x6a6b_6d63;
    private static final int VERSION = 1;
    private static final int MAX_SIZE = 1 << 28;

    /** A file may be changed twice within one tick of a file system's clock; what was read before the second must not be kept. */
    private static final long RACY_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** The size and time of a file, and what was read of it. */
    private record Row(long size, long time, ScannedModule module) {}

    private final Map<String, Row> rows = new HashMap<>();

    private ModuleCache() {}

    /** The cache in a folder; an empty one if there is none that can be used. */
    static ModuleCache read(Path folder, List<String> warnings) {
        ModuleCache cache = new ModuleCache();
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            try {
                cache.parse(InputFile.read(file, MAX_SIZE, "a cache of depmod"));
            } catch (IOException | RuntimeException e) {
                cache.rows.clear();
                warnings.add(file + ": not used, it is damaged or of another version");
            }
        }
        return cache;
    }

    /** What is known of a module's file; null if it has to be read. */
    @Nullable
    ScannedModule find(ModuleSearch.Found file) throws IOException {
        Row row = rows.get(file.path());
        if (row == null) {
            return null;
        }
        BasicFileAttributes attributes = attributes(file);
        return attributes.size() == row.size() && time(attributes) == row.time() ? row.module() : null;
    }

    private static BasicFileAttributes attributes(ModuleSearch.Found file) throws IOException {
        Path path = file.exact();
        return Files.readAttributes(path == null ? file.file().toPath() : path, BasicFileAttributes.class);
    }

    private static long time(BasicFileAttributes attributes) {
        return attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    }

    private void parse(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, Math.max(0, bytes.length - 4));
        if (in.getInt(bytes.length - 4) != (int) crc.getValue() || in.getInt() != MAGIC || in.getInt() != VERSION) {
            throw new BufferUnderflowException();
        }
        ObjectReader reader = new ObjectReader(false);
        int names = count(in);
        for (int i = 0; i < names; i++) {
            int length = count(in);
            if (reader.names.intern(bytes, in.position(), in.position() + length) != i) {
                throw new BufferUnderflowException();
            }
            in.position(in.position() + length);
        }
        for (int i = count(in); i > 0; i--) {
            int length = count(in);
            String path = new String(bytes, in.position(), length, StandardCharsets.ISO_8859_1);
            in.position(in.position() + length);
            long size = in.getLong();
            long time = in.getLong();
            ScannedModule module = new ScannedModule(reader);
            module.exports = numbers(in, names);
            module.imports = numbers(in, names);
            for (int n = count(in); n > 0; n--) {
                int kind = in.getInt();
                int valueLength = count(in);
                module.info(kind, reader.info.size, valueLength);
                reader.info.add(bytes, in.position(), valueLength);
                in.position(in.position() + valueLength);
            }
            rows.put(path, new Row(size, time, module));
        }
    }

    /** A count of things that have a byte each at least. */
    private static int count(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining()) {
            throw new BufferUnderflowException();
        }
        return count;
    }

    private static int[] numbers(ByteBuffer in, int limit) {
        int[] numbers = new int[count(in) / 4];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = in.getInt();
            if (numbers[i] < 0 || numbers[i] >= limit) {
                throw new BufferUnderflowException();
            }
        }
        return numbers;
    }

    /** The file of a cache of modules; of those that something is wrong with, nothing is kept. */
    static byte[] write(List<ModuleSearch.Found> files, List<ScannedModule> modules) throws IOException {
        NamePool names = new NamePool(1 << 14);
        ByteText rows = new ByteText(1 << 20);
        long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        int count = 0;
        for (int i = 0; i < modules.size(); i++) {
            ScannedModule module = modules.get(i);
            BasicFileAttributes attributes = module.trouble() == null ? attributes(files.get(i)) : null;
            if (attributes == null || now - time(attributes) < RACY_NANOS) {
                continue;
            }
            count++;
            String path = files.get(i).path();
            word(rows, path.length()).add(path);
            word(rows, (int) (attributes.size() >>> 32));
            word(rows, (int) attributes.size());
            word(rows, (int) (time(attributes) >>> 32));
            word(rows, (int) time(attributes));
            numbers(rows, module.exports, module.reader.names, names);
            numbers(rows, module.imports, module.reader.names, names);
            word(rows, module.infoSize / 3);
            for (int at = 0; at < module.infoSize; at += 3) {
                word(rows, module.info[at]);
                word(rows, module.info[at + 2]);
                rows.add(module.infoText(), module.info[at + 1], module.info[at + 2]);
            }
        }
        ByteText out = new ByteText(1 << 20);
        word(word(word(out, MAGIC), VERSION), names.size());
        for (int id = 0; id < names.size(); id++) {
            word(out, names.length(id)).add(names.text(), names.start(id), names.length(id));
        }
        word(out, count).add(rows.bytes, 0, rows.size);
        CRC32 crc = new CRC32();
        crc.update(out.bytes, 0, out.size);
        return Arrays.copyOf(word(out, (int) crc.getValue()).bytes, out.size);
    }

    private static void numbers(ByteText out, int[] ids, NamePool from, NamePool names) {
        word(out, ids.length * 4);
        for (int id : ids) {
            word(out, names.intern(from.text(), from.start(id), from.start(id) + from.length(id)));
        }
    }

    private static ByteText word(ByteText out, int word) {
        return out.add((char) (word >>> 24))
                .add((char) (word >>> 16))
                .add((char) (word >>> 8))
                .add((char) word);
    }
}
