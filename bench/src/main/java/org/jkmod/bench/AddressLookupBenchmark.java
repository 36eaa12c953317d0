package org.jkmod.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jkmod.symtab.AddressIndex;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Time to lead an address to the symbol at or below it, random hits among all symbols of a Debian kernel, with the JDK's collections
 * beside. native/lookup.c does the same with a binary search.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LookupData.ADDRESS_QUERIES)
public class AddressLookupBenchmark {
    private AddressIndex index = AddressIndex.of(new long[0], new int[0]);
    private long[] sorted = new long[0];
    private NavigableMap<Long, Integer> treeMap = new TreeMap<>();
    private long[] queries = new long[0];
    private long[] ascending = new long[0];
    private Long[] boxed = new Long[0];
    private int[] positions = new int[0];

    /** Makes the tables and the queries. */
    @Setup
    public void setUp() {
        LookupData data = new LookupData(Environment.lookupData());
        sorted = data.addresses();
        index = index(sorted);
        treeMap = treeMap(sorted);
        queries = data.addressQueries();
        ascending = queries.clone();
        sortUnsigned(ascending);
        boxed = Arrays.stream(queries).boxed().toArray(Long[]::new);
        positions = new int[queries.length];
        if (addressIndex() != sortedArray() || addressIndexBulk() != positions[positions.length - 1]) {
            throw new IllegalStateException("two searches find two symbols");
        }
    }

    private static void sortUnsigned(long[] addresses) {
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < addresses.length; i++) {
                addresses[i] ^= Long.MIN_VALUE;
            }
            if (pass == 0) {
                Arrays.sort(addresses);
            }
        }
    }

    static AddressIndex index(long[] addresses) {
        return AddressIndex.of(addresses, IntStream.range(0, addresses.length).toArray());
    }

    static NavigableMap<Long, Integer> treeMap(long[] addresses) {
        TreeMap<Long, Integer> map = new TreeMap<>(Long::compareUnsigned);
        for (int i = 0; i < addresses.length; i++) {
            map.put(addresses[i], i);
        }
        return map;
    }

    /** The library's index, address by address. */
    @Benchmark
    public long addressIndex() {
        long sum = 0;
        for (long address : queries) {
            sum += index.floor(address);
        }
        return sum;
    }

    /** The library's index, all at once. */
    @Benchmark
    public int addressIndexBulk() {
        index.floor(queries, positions);
        return positions[positions.length - 1];
    }

    /** The library's index, all at once, addresses ascending. */
    @Benchmark
    public int addressIndexBulkAscending() {
        index.floor(ascending, positions);
        return positions[positions.length - 1];
    }

    /** The JDK's tree, keys ready. */
    @Benchmark
    public long treeMap() {
        long sum = 0;
        for (Long address : boxed) {
            Map.Entry<Long, Integer> entry = treeMap.floorEntry(address);
            sum += entry == null ? -1 : entry.getValue();
        }
        return sum;
    }

    /** Binary search in a sorted array, the one that the kernel does ({@code get_symbol_pos}). */
    @Benchmark
    public long sortedArray() {
        long sum = 0;
        for (long address : queries) {
            int below = -1;
            int above = sorted.length;
            while (above - below > 1) {
                int middle = (below + above) >>> 1;
                if (Long.compareUnsigned(sorted[middle], address) <= 0) {
                    below = middle;
                } else {
                    above = middle;
                }
            }
            sum += below;
        }
        return sum;
    }

    /** The JDK's binary search; kernel addresses are all negative, so that their signs do not matter but for per-CPU variables. */
    @Benchmark
    public long arraysBinarySearch() {
        long sum = 0;
        for (long address : queries) {
            int found = Arrays.binarySearch(sorted, address);
            sum += found >= 0 ? found : -found - 2;
        }
        return sum;
    }
}
