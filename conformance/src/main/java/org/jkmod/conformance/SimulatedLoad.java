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
        Map<String, Map<MemoryType, Long>> distances = distances();
        for (String line : kernel.kallsyms()) {
            // ADDRESS TYPE NAME, and [MODULE] behind a tab
            int tab = line.indexOf('\t');
            if (tab < 0) {
                continue;
            }
            String module = line.substring(tab + 2, line.length() - 1);
            long address = Long.parseUnsignedLong(line.substring(0, 16), 16);
            Map<MemoryType, Long> known = distances.computeIfAbsent(module, m -> new EnumMap<>(MemoryType.class));
            long moved = moved(module, address, known, line.substring(16, tab), theirs.getOrDefault(module, Set.of()));
            ours.computeIfAbsent(module, m -> new HashSet<>()).add(Long.toHexString(moved) + line.substring(16, tab));
        }
        Set<String> modules = new HashSet<>(theirs.keySet());
        modules.addAll(ours.keySet());
        for (String module : modules) {
            compareSymbols(module, ours.getOrDefault(module, Set.of()), theirs.getOrDefault(module, Set.of()));
        }
    }

    private Map<String, Set<String>> recordedSymbols() throws IOException {
        Map<String, Set<String>> symbols = new HashMap<>();
        recording.kallsymsLines(line -> {
            int tab = line.indexOf('\t');
            if (tab > 0) {
                long address = Long.parseUnsignedLong(line.substring(0, line.indexOf(' ')), 16);
                symbols.computeIfAbsent(line.substring(tab + 2, line.length() - 1), m -> new HashSet<>())
                        .add(Long.toHexString(address) + line.substring(line.indexOf(' '), tab));
            }
        });
        return symbols;
    }

    /** How far each memory of a module is from where the recorded kernel had it. */
    private Map<String, Map<MemoryType, Long>> distances() throws IOException {
        Map<String, Map<MemoryType, Long>> distances = new HashMap<>();
        SectionAddresses sections = recording.sections();
        for (KernelObject object : objects.values()) {
            ModuleLayout layout = ModuleLayout.of(object, kernel.profile().configuration());
            Map<MemoryType, Long> of = new EnumMap<>(MemoryType.class);
            LayoutComparison.bases(layout, sections.of(object.name()))
                    .forEach((type, base) -> kernel.module(object.name())
                            .map(m -> m.memory().get(type))
                            .ifPresent(memory -> of.put(type, base - memory.base())));
            distances.put(object.name(), of);
        }
        return distances;
    }

    private long moved(
            String module, long address, Map<MemoryType, Long> distances, String typeAndName, Set<String> theirs) {
        Map<MemoryType, ModuleMemory> memory =
                kernel.module(module).orElseThrow().memory();
        for (Map.Entry<MemoryType, ModuleMemory> entry : memory.entrySet()) {
            AddressRange range = entry.getValue().range();
            // A symbol may stand at the end of a section that ends its memory.
            if (range.contains(address) || address == range.end()) {
                // No section says where per-CPU data is: its first symbol does, for the others.
                return address
                        + distances.computeIfAbsent(
                                entry.getKey(), type -> distance(address, typeAndName, theirs));
            }
        }
        return address;
    }

    private static long distance(long address, String typeAndName, Set<String> theirs) {
        return theirs.stream()
                .filter(symbol -> symbol.endsWith(typeAndName))
                .mapToLong(symbol -> Long.parseUnsignedLong(symbol.substring(0, symbol.indexOf(' ')), 16) - address)
                .findFirst()
                .orElse(0);
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
