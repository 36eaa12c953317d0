package org.jkmod.bench;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jkmod.symtab.AddressIndex;
import org.jkmod.symtab.NameIndex;
import org.jkmod.symtab.SymbolTable;
import org.openjdk.jol.info.GraphLayout;

/** Symbols by name and by address: time, and memory. */
final class LookupMeasurements implements Measurements {
    private static final String NS = "ns";
    private static final String MS = "ms";
    private static final String BYTES = "bytes";

    @Override
    public List<Row> run(Settings settings) throws IOException {
        KernelTree tree = Environment.tree("x86_64");
        LookupData data = LookupData.of(Environment.lookupData(), tree.symvers(), tree.image());
        Samples samples = new Samples();
        for (int run = 1; run <= settings.runs(); run++) {
            Settings.say("lookup, run " + run + " of " + settings.runs());
            new NativeProgram("lookup")
                    .values(data.folder(), settings.seconds())
                    .forEach((name, value) -> samples.add("c-" + name, value));
            Forks.timed(settings)
                    .of(NameLookupBenchmark.class)
                    .of(AddressLookupBenchmark.class)
                    .of(SymbolTableBenchmark.class)
                    .run(samples, 1);
        }
        List<Row> rows = new ArrayList<>();
        rows.add(samples.row("lookup.name", NS, "nameIndexFromBytes", "c-name.bsearch", Goal.ratio(1 / 5.0)));
        rows.add(
                samples.row("lookup.name.hashmap", NS, "nameIndexFromBytes", "hashMapFromString", Goal.ratio(2 / 3.0)));
        rows.add(samples.row("lookup.name.hashmap-bytes", NS, "nameIndexFromBytes", "hashMapFromBytes", null));
        rows.add(samples.row("lookup.name.guava", NS, "nameIndexFromBytes", "immutableMapFromString", null));
        rows.add(samples.row("lookup.name.sorted", NS, "nameIndexFromBytes", "sortedArrayFromString", null));
        rows.add(samples.row("lookup.address", NS, "addressIndex", "c-address.bsearch", Goal.ratio(1 / 2.0)));
        rows.add(samples.row("lookup.address.treemap", NS, "addressIndex", "treeMap", Goal.ratio(1 / 4.0)));
        rows.add(samples.row("lookup.address.sorted", NS, "addressIndex", "sortedArray", null));
        rows.add(samples.row("lookup.address.binarysearch", NS, "addressIndex", "arraysBinarySearch", null));
        rows.add(samples.row("lookup.address.bulk", NS, "addressIndexBulk", "addressIndex", null));
        rows.add(samples.row("lookup.address.bulk-ascending", NS, "addressIndexBulkAscending", "addressIndex", null));
        rows.add(samples.row("lookup.table.open", MS, "open", "c-kallsyms.parse", Goal.value(5)));
        rows.add(samples.row("lookup.table.open-and-find", MS, "openAndFind", "c-kallsyms.parse", null));
        rows.add(samples.row("lookup.kallsyms.parse", MS, "parse", "c-kallsyms.parse", Goal.value(150)));
        rows.add(samples.row("lookup.table.build", MS, "build", "c-kallsyms.parse", Goal.value(150)));
        rows.addAll(memory(data));
        return rows;
    }

    /** What JOL counts, of everything that an object leads to. */
    private static List<Row> memory(LookupData data) throws IOException {
        String[] names = data.names();
        long[] addresses = data.addresses();
        NameIndex nameIndex = NameLookupBenchmark.index(names);
        Map<String, Integer> hashMap = NameLookupBenchmark.hashMap(names);
        AddressIndex addressIndex = AddressLookupBenchmark.index(addresses);
        NavigableMap<Long, Integer> treeMap = AddressLookupBenchmark.treeMap(addresses);
        SymbolTable table = SymbolTable.read(data.symbolTable());
        Samples samples = new Samples();
        samples.add("nameIndex", size(nameIndex) / names.length);
        samples.add("hashmap", size(hashMap) / names.length);
        samples.add("addressIndex", size(addressIndex) / addresses.length);
        samples.add("treemap", size(treeMap) / addresses.length);
        samples.add("long-array", size(addresses) / addresses.length);
        double packed = size(names(table));
        samples.add("addressToName", (size(table) - packed) / table.size());
        // What leads from a name to its symbols is made when somebody asks.
        table.find(table.name(0));
        samples.add("table", size(table) / table.size());
        samples.add("packedNames", packed);
        samples.add("plain-names", plain(table));
        return List.of(
                samples.row("memory.name", BYTES, "nameIndex", "hashmap", Goal.ratio(1 / 3.0)),
                samples.row("memory.address", BYTES, "addressIndex", "treemap", null),
                samples.row("memory.address.array", BYTES, "addressIndex", "long-array", null),
                samples.row("memory.table.address-to-name", BYTES, "addressToName", "treemap", Goal.value(12)),
                samples.row("memory.table", BYTES, "table", "treemap", null),
                samples.row("memory.table.names", BYTES, "packedNames", "plain-names", Goal.ratio(0.45)));
    }

    private static double size(Object object) {
        return GraphLayout.parseInstance(object).totalSize();
    }

    /** The names of a table, which only it sees. */
    private static Object names(SymbolTable table) {
        try {
            Field field = SymbolTable.class.getDeclaredField("names");
            field.setAccessible(true);
            return field.get(table);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The bytes of all names, a NUL behind each, those that several symbols have only once. */
    private static double plain(SymbolTable table) {
        String[] all = new String[table.size()];
        Arrays.setAll(all, table::name);
        return Arrays.stream(all)
                .distinct()
                .mapToLong(name -> name.length() + 1)
                .sum();
    }
}
