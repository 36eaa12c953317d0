package org.jkmod.bench;

import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jkmod.core.Architecture;
import org.jkmod.core.KernelProfile;
import org.jkmod.symtab.ModuleSymvers;
import org.jkmod.symtab.NameIndex;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time a lookup of an export's name, random hits among all exports of a Debian kernel (the embedded profile): from bytes in a file, as
 * the loader looks names up, and from ready strings in the JDK's and Guava's maps.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class NameLookupBenchmark {
    private static final int QUERIES = 1 << 16;

    private NameIndex index = ModuleSymvers.parse(new byte[0], "none").names();
    private Map<String, Integer> hashMap = new HashMap<>();
    private ImmutableMap<String, Integer> immutableMap = ImmutableMap.of();
    private byte[] strtab = new byte[0];
    private final int[] start = new int[QUERIES];
    private final int[] length = new int[QUERIES];
    private final String[] string = new String[QUERIES];
    private int next;

    /** Makes the tables and the queries: names in a random order, one behind the other as in a string table. */
    @Setup
    public void setUp() {
        ModuleSymvers exports = KernelProfile.embedded(
                        Architecture.named("x86_64").orElseThrow())
                .exports();
        index = exports.names();
        for (int i = 0; i < exports.size(); i++) {
            hashMap.put(exports.name(i), i);
        }
        immutableMap = ImmutableMap.copyOf(hashMap);
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < QUERIES; i++) {
            String name = exports.name(random.nextInt(exports.size()));
            start[i] = text.length();
            length[i] = name.length();
            string[i] = new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
            text.append(name).append('\0');
        }
        strtab = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private int query() {
        next = (next + 1) & (QUERIES - 1);
        return next;
    }

    /** From bytes. */
    @Benchmark
    public int nameIndexFromBytes() {
        int q = query();
        return index.find(strtab, start[q], length[q]);
    }

    /** What a map from strings costs when the name is bytes in a file: a string must be made first. */
    @Benchmark
    public @Nullable Integer hashMapFromBytes() {
        int q = query();
        return hashMap.get(new String(strtab, start[q], length[q], StandardCharsets.ISO_8859_1));
    }

    /** From a ready string, whose hash is computed already. */
    @Benchmark
    public @Nullable Integer hashMapFromString() {
        return hashMap.get(string[query()]);
    }

    /** From a ready string, whose hash is computed already. */
    @Benchmark
    public @Nullable Integer immutableMapFromString() {
        return immutableMap.get(string[query()]);
    }
}
