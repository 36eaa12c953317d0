package org.jkmod.conformance;

import static org.jkmod.elf.Elf.SHN_ABS;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.KernelObject;
import org.jkmod.core.MemoryMap;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.RelocationProgram;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.ModuleTree;

/** Relocates modules with the compiled program and with the interpreter, and compares what they make of each section. */
public final class EngineComparison {
    private long relocations;
    private int modules;
    private final List<String> differences = new ArrayList<>();

    /** Prepares a comparison. */
    public EngineComparison() {}

    /** Compares on every module of a tree, by both policies. */
    public void compare(ModuleTree tree) throws IOException {
        for (ModuleTree.Entry entry : tree.modules()) {
            compare(KernelObject.parse(
                    ModuleFile.read(entry.path()), entry.path().toString()));
        }
    }

    /** Compares on a module. */
    public void compare(KernelObject object) {
        Architecture architecture = object.architecture();
        ModuleLayout layout = ModuleLayout.of(object);
        long[] addresses = addresses(object, layout, architecture);
        long[] symbols = symbols(object, addresses, architecture);
        for (Section section : object.elf().sections()) {
            if (section.type() != SHT_RELA) {
                continue;
            }
            Optional<Placement> target = layout.of(section.info()).filter(Placement::isAllocated);
            if (target.isPresent()) {
                for (RelocationPolicy policy : RelocationPolicy.values()) {
                    compare(
                            object,
                            section,
                            target.get(),
                            addresses[target.get().index()],
                            symbols,
                            policy);
                }
                relocations += section.relocations().count();
            }
        }
        modules++;
    }

    private void compare(
            KernelObject object,
            Section section,
            Placement target,
            long address,
            long[] symbols,
            RelocationPolicy policy) {
        RelocationTable table = section.relocations();
        byte[] image = new byte[(int) target.size()];
        if (target.hasContent()) {
            object.elf().section(target.index()).bytes().get(image);
        }
        byte[] other = image.clone();
        List<Integer> deferred = new ArrayList<>();
        List<Integer> otherDeferred = new ArrayList<>();
        byte[] rela = object.elf().array();
        int size = image.length;
        int done = RelocationProgram.compiled(object.architecture(), policy)
                .apply(rela, table.start(), table.count(), symbols, image, 0, size, address, deferred::add);
        int otherDone = RelocationProgram.interpreted(object.architecture(), policy)
                .apply(rela, table.start(), table.count(), symbols, other, 0, size, address, otherDeferred::add);
        if (done != otherDone || !deferred.equals(otherDeferred) || !Arrays.equals(image, other)) {
            differences.add(object + " " + section + " " + policy + ": compiled did " + done + ", the interpreter "
                    + otherDone + "; first different byte " + Arrays.mismatch(image, other));
        }
    }

    private static AddressRange image(Architecture architecture) {
        List<MemoryMap> maps = architecture.facts().memoryMaps();
        return maps.get(maps.size() - 1).image();
    }

    private static long[] addresses(KernelObject object, ModuleLayout layout, Architecture architecture) {
        EnumMap<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
        // a module right behind the kernel reaches it
        long next = image(architecture).end();
        for (Map.Entry<MemoryType, Long> memory : layout.sizes().entrySet()) {
            bases.put(memory.getKey(), next);
            next += (memory.getValue() + 8191) & -4096;
        }
        long[] addresses = new long[object.elf().sectionCount()];
        for (Placement placement : layout.placements()) {
            addresses[placement.index()] = bases.getOrDefault(placement.memory(), 0L) + placement.offset();
        }
        return addresses;
    }

    /** Imports are somewhere in the kernel's image, each at its own place. */
    private static long[] symbols(KernelObject object, long[] addresses, Architecture architecture) {
        SymbolTable table = object.symbols();
        long[] values = new long[table.count()];
        for (int i = 1; i < values.length; i++) {
            int section = table.rawSectionIndex(i);
            values[i] = section == SHN_UNDEF
                    ? image(architecture).start() + 16L * i
                    : table.value(i) + (section == SHN_ABS || section >= addresses.length ? 0 : addresses[section]);
        }
        return values;
    }

    /** How many modules were compared. */
    public int modules() {
        return modules;
    }

    /** How many relocations they have. */
    public long relocations() {
        return relocations;
    }

    /** What differs. */
    public List<String> differences() {
        return List.copyOf(differences);
    }
}
