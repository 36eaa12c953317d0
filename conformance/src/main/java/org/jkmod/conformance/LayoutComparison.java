package org.jkmod.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.SectionAddresses;

/** Compares where jkmod puts the sections of modules with where a kernel had them. */
public final class LayoutComparison {
    private static final long PAGE = 4096;

    private final List<Difference> differences = new ArrayList<>();
    private long sections;

    private LayoutComparison() {}

    /** Compares all modules of a recording. */
    public static LayoutComparison of(Recording recording) throws IOException {
        LayoutComparison comparison = new LayoutComparison();
        SectionAddresses addresses = recording.sections();
        KernelConfiguration kernel = recording.configuration();
        for (KernelObject object : recording.loaded()) {
            comparison.compare(object, ModuleLayout.of(object, kernel), addresses.of(object.name()));
        }
        return comparison;
    }

    private void compare(KernelObject object, ModuleLayout layout, Map<String, Long> addresses) {
        Map<MemoryType, Long> bases = bases(layout, addresses);
        for (Placement placement : layout.placements()) {
            Long address = addresses.get(placement.name());
            if (address == null) {
                continue;
            }
            sections++;
            long ours = bases.getOrDefault(placement.memory(), 0L) + placement.offset();
            if (ours != address || (address - placement.offset()) % PAGE != 0) {
                differences.add(new Difference(
                        "layout",
                        object.name(),
                        placement.name(),
                        "0x" + Long.toHexString(ours),
                        "0x" + Long.toHexString(address),
                        List.of()));
            }
        }
    }

    /** Where a kernel had the memories of a module: the first section of each says it, and all others must agree. */
    static Map<MemoryType, Long> bases(ModuleLayout layout, Map<String, Long> addresses) {
        Map<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
        for (Placement placement : layout.placements()) {
            Long address = addresses.get(placement.name());
            if (address != null) {
                bases.putIfAbsent(placement.memory(), address - placement.offset());
            }
        }
        return bases;
    }

    /** How many sections were compared. */
    public long sections() {
        return sections;
    }

    /** Those that lie elsewhere. */
    public List<Difference> differences() {
        return List.copyOf(differences);
    }

    /** The counts. */
    public List<Tally> tallies() {
        return List.of(new Tally("layout", "sections", sections, 0, differences.size()));
    }
}
