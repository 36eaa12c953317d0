package org.jkmod.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.ModuleMemory;
import org.jkmod.core.SectionAddresses;

/**
 * Loads the modules of a recording into a simulated kernel in the same order, and compares what {@code /proc/modules} and
 * {@code /proc/kallsyms} show of them.
 */
public final class SimulatedLoad {
    /** Where the name begins in a line {@code ADDRESS TYPE NAME}. */
    private static final int NAME = 19;

    private final Recording recording;
    private final Kernel kernel;
    private final Map<String, KernelObject> objects = new HashMap<>();
    private final List<Difference> differences = new ArrayList<>();
    private final Map<String, Tally> tallies = new TreeMap<>();

    private SimulatedLoad(Recording recording, KernelProfile profile) {
        this.recording = recording;
        this.kernel = Kernel.boot(profile);
    }

    /**
     * Loads and compares.
     *
     * @param profile what is known of the kernel that was recorded
     */
    public static SimulatedLoad of(Recording recording, KernelProfile profile) throws IOException {
        SimulatedLoad load = new SimulatedLoad(recording, profile);
        load.load();
        load.compareModules();
        load.compareSymbols();
        return load;
    }

    private void load() throws IOException {
        for (KernelObject object : recording.loaded()) {
            objects.put(object.name(), object);
            try {
                kernel.load(object);
            } catch (ModuleLoadException e) {
                differ("modules", object.name(), "load", String.valueOf(e.getMessage()), "loaded");
            }
        }
    }

    private void differ(String check, String module, String place, String ours, String theirs) {
        differences.add(new Difference(check, module, place, ours, theirs, List.of()));
    }

    private void count(String check, String what, boolean explained, boolean different) {
        tallies.merge(check + " " + what, new Tally(check, what, 1, explained ? 1 : 0, different ? 1 : 0), Tally::plus);
    }

    private void compareModules() throws IOException {
        Map<String, String> ours = new HashMap<>();
        kernel.procModules().forEach(line -> ours.put(line.substring(0, line.indexOf(' ')), line));
        for (Map.Entry<String, String> entry : recording.procModules().entrySet()) {
            String line = ours.remove(entry.getKey());
            if (line == null) {
                count("modules", "lines", false, true);
                differ("modules", entry.getKey(), "line", "none", entry.getValue());
                continue;
            }
            count("modules", "lines", false, false);
            compareLines(entry.getKey(), line.split(" ", -1), entry.getValue().split(" ", -1));
        }
        ours.forEach((module, line) -> differ("modules", module, "line", line, "none"));
    }

    private void compareLines(String module, String[] ours, String[] theirs) {
        column(module, "size", ours[1], theirs[1]);
        // Code that has run may hold its own module, or another's: only that can be more.
        boolean held = Long.parseLong(theirs[2]) > Long.parseLong(ours[2]);
        if (held) {
            count("modules", "references", true, false);
        } else {
            column(module, "references", ours[2], theirs[2]);
        }
        column(module, "users", ours[3], theirs[3]);
        column(module, "state", ours[4], theirs[4]);
        column(module, "taints", ours.length > 6 ? ours[6] : "none", theirs.length > 6 ? theirs[6] : "none");
    }

    private void column(String module, String column, String ours, String theirs) {
        boolean different = !ours.equals(theirs);
        count("modules", column, false, different);
        if (different) {
            differ("modules", module, column, ours, theirs);
        }
    }

    private void compareSymbols() throws IOException {
        Map<String, Set<String>> theirs = recordedSymbols();
        Map<String, Set<String>> ours = new HashMap<>();
        kernel.kallsyms().forEach(line -> addSymbol(line, ours));
        SectionAddresses sections = recording.sections();
        Set<String> modules = new HashSet<>(theirs.keySet());
        modules.addAll(ours.keySet());
        for (String module : modules) {
            Set<String> recorded = theirs.getOrDefault(module, Set.of());
            compareSymbols(module, moved(module, ours.getOrDefault(module, Set.of()), recorded, sections), recorded);
        }
    }

    /** A symbol of a module, from {@code ADDRESS TYPE NAME} and, behind a tab, {@code [MODULE]}. */
    private static void addSymbol(String line, Map<String, Set<String>> to) {
        int tab = line.indexOf('\t');
        if (tab > 0) {
            to.computeIfAbsent(line.substring(tab + 2, line.length() - 1), m -> new HashSet<>())
                    .add(line.substring(0, tab));
        }
    }

    private Map<String, Set<String>> recordedSymbols() throws IOException {
        Map<String, Set<String>> symbols = new HashMap<>();
        recording.kallsymsLines(line -> addSymbol(line, symbols));
        return symbols;
    }

    /** The symbols of a module as they would be if its memories were where the recorded kernel had them. */
    private Set<String> moved(String module, Set<String> ours, Set<String> theirs, SectionAddresses sections) {
        KernelObject object = objects.get(module);
        if (object == null) {
            return ours;
        }
        Map<MemoryType, ModuleMemory> memory =
                kernel.module(module).map(KernelModule::memory).orElse(Map.of());
        Map<MemoryType, Long> bases =
                LayoutComparison.bases(ModuleLayout.of(object, kernel.profile().configuration()), sections.of(module));
        Map<MemoryType, Long> distances = new EnumMap<>(MemoryType.class);
        memory.forEach((type, piece) -> {
            Long base = bases.get(type);
            distances.put(type, base == null ? distance(piece.range(), ours, theirs) : base - piece.base());
        });
        Set<String> moved = new HashSet<>();
        for (String symbol : ours) {
            long address = address(symbol);
            moved.add(String.format("%016x", address + distance(address, memory, distances)) + symbol.substring(16));
        }
        return moved;
    }

    private static long address(String symbol) {
        return Long.parseUnsignedLong(symbol, 0, 16, 16);
    }

    private static long distance(long address, Map<MemoryType, ModuleMemory> memory, Map<MemoryType, Long> distances) {
        for (Map.Entry<MemoryType, ModuleMemory> entry : memory.entrySet()) {
            AddressRange range = entry.getValue().range();
            // A symbol may stand at the end of a section that ends its memory.
            if (range.contains(address) || address == range.end()) {
                return distances.getOrDefault(entry.getKey(), 0L);
            }
        }
        return 0;
    }

    /** No section says where per-CPU data is: one of its symbols does, for the others. */
    private static long distance(AddressRange range, Set<String> ours, Set<String> theirs) {
        for (String symbol : ours) {
            char first = symbol.charAt(NAME);
            // Marks of the assembler are many of one name.
            if (first == '$' || first == '.' || !range.contains(address(symbol))) {
                continue;
            }
            for (String other : theirs) {
                if (other.endsWith(symbol.substring(16))) {
                    return address(other) - address(symbol);
                }
            }
        }
        return 0;
    }

    private void compareSymbols(String module, Set<String> ours, Set<String> theirs) {
        Set<String> all = new HashSet<>(ours);
        all.addAll(theirs);
        for (String symbol : all) {
            boolean different = !ours.contains(symbol) || !theirs.contains(symbol);
            count("kallsyms", "symbols", false, different);
            if (different) {
                differ(
                        "kallsyms",
                        module,
                        symbol.substring(symbol.lastIndexOf(' ') + 1),
                        ours.contains(symbol) ? symbol : "none",
                        theirs.contains(symbol) ? symbol : "none");
            }
        }
    }

    /** What differs. */
    public List<Difference> differences() {
        return List.copyOf(differences);
    }

    /** The counts. */
    public List<Tally> tallies() {
        return List.copyOf(tallies.values());
    }
}
