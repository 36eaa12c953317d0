package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.jkmod.core.KernelModule.LoadedSection;

/**
 * The sections of a module in memory. A module has some fifty, at which hardly anybody looks: kept as columns, they are five objects
 * rather than fifty for the garbage collector to visit.
 */
final class LoadedSections {
    static final LoadedSections NONE = new LoadedSections(List.of());

    private final String[] names;
    private final MemoryType[] memories;
    private final long[] addresses;
    private final long[] sizes;

    LoadedSections(List<LoadedSection> sections) {
        int count = sections.size();
        names = new String[count];
        memories = new MemoryType[count];
        addresses = new long[count];
        sizes = new long[count];
        for (int i = 0; i < count; i++) {
            LoadedSection section = sections.get(i);
            names[i] = section.name();
            memories[i] = section.memory();
            addresses[i] = section.address();
            sizes[i] = section.size();
        }
    }

    int count() {
        return names.length;
    }

    boolean hasName(int row, String name) {
        return names[row].equals(name);
    }

    MemoryType memory(int row) {
        return memories[row];
    }

    LoadedSection section(int row) {
        return new LoadedSection(names[row], memories[row], addresses[row], sizes[row]);
    }

    /** All in the order of the file. */
    List<LoadedSection> all() {
        ImmutableList.Builder<LoadedSection> all = ImmutableList.builderWithExpectedSize(names.length);
        for (int i = 0; i < names.length; i++) {
            all.add(section(i));
        }
        return all.build();
    }
}
