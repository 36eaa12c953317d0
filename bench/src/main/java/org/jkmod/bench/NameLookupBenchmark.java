package org.jkmod.bench;

import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jkmod.symtab.NameIndex;
import org.jkmod.symtab.NameTable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Time a lookup of an export's name, random hits among all exports of a Debian kernel and its modules: from bytes in a file, as the
 * loader looks names up, and from ready strings in the JDK's and Guava's collections. native/lookup.c does the same with bsearch.
 *
 * <p>An invocation is a loop over all queries, as it is in C, so that both leave the processor as much to do ahead.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LookupData.NAME_QUERIES)
public class NameLookupBenchmark {
    private NameIndex index = NameIndex.copyOf(new NameTable());
    private Map<String, Integer> hashMap = new HashMap<>();
    private ImmutableMap<String, Integer> immutableMap = ImmutableMap.of();
    private String[] sorted = new String[0];
    private byte[] strtab = new byte[0];
    private final int[] start = new int[LookupData.NAME_QUERIES];
    private final int[] length = new int[LookupData.NAME_QUERIES];
    private final String[] string = new String[LookupData.NAME_QUERIES];

    /** Makes the tables and the queries: names in a random order, one behind the other as in a string table. */
    @Setup
    public void setUp() {
        LookupData data = new LookupData(Environment.lookupData());
        String[] names = data.names();
        index = index(names);
        hashMap = hashMap(names);
        immutableMap = ImmutableMap.copyOf(hashMap);
        sorted = names.clone();
        Arrays.sort(sorted);
        StringBuilder text = new StringBuilder();
        int[] queries = data.nameQueries();
        for (int i = 0; i < queries.length; i++) {
            String name = names[queries[i]];
            start[i] = text.length();
            length[i] = name.length();
            // Another string than the map's key, for else the map would not compare them; with its hash ready.
            string[i] = new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
            hashMap.get(string[i]);
            text.append(name).append('\0');
        }
        strtab = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        long expected = Arrays.stream(queries).asLongStream().sum();
        if (nameIndexFromBytes() != expected || hashMapFromString() != expected) {
            throw new IllegalStateException("a lookup finds another name");
        }
    }

    static NameIndex index(String[] names) {
        NameTable table = new NameTable();
        for (String name : names) {
            table.intern(name);
        }
        return NameIndex.copyOf(table);
    }

    static Map<String, Integer> hashMap(String[] names) {
        Map<String, Integer> map = new HashMap<>();
        for (int i = 0; i < names.length; i++) {
            map.put(names[i], i);
        }
        return map;
    }

    /** From bytes. */
    @Benchmark
    public long nameIndexFromBytes() {
        long sum = 0;
        for (int i = 0; i < start.length; i++) {
            sum += index.find(strtab, start[i], length[i]);
        }
        return sum;
    }

    /** What a map from strings costs when the name is bytes in a file: a string must be made first. */
    @Benchmark
    public long hashMapFromBytes() {
        long sum = 0;
        for (int i = 0; i < start.length; i++) {
            sum += hashMap.getOrDefault(new String(strtab, start[i], length[i], StandardCharsets.ISO_8859_1), -1);
        }
        return sum;
    }

    /** From a ready string, whose hash is computed already. */
    @Benchmark
    public long hashMapFromString() {
        long sum = 0;
        for (String name : string) {
            sum += hashMap.getOrDefault(name, -1);
        }
        return sum;
    }

    /** From a ready string, whose hash is computed already. */
    @Benchmark
    public long immutableMapFromString() {
        long sum = 0;
        for (String name : string) {
            sum += immutableMap.getOrDefault(name, -1);
        }
        return sum;
    }

    /** From a ready string, by binary search. */
    @Benchmark
    public long sortedArrayFromString() {
        long sum = 0;
        for (String name : string) {
            sum += Arrays.binarySearch(sorted, name);
        }
        return sum;
    }
}
