package org.jkmod.core;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jkmod.elf.Elf;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/** Relocates an assembled object to chosen addresses, as the loader does with a module, with either engine. */
public final class ObjectRelocation {
    private final Architecture architecture;
    private final KernelConfiguration kernel;
    private final RelocationPolicy policy;
    private final RelocationProgram program;

    /** With one of the two engines. */
    public ObjectRelocation(
            Architecture architecture, KernelConfiguration kernel, RelocationPolicy policy, boolean compiled) {
        this.architecture = architecture;
        this.kernel = kernel;
        this.policy = policy;
        this.program = compiled
                ? RelocationProgram.compiled(architecture, policy)
                : RelocationProgram.interpreted(architecture, policy);
    }

    /**
     * What came of it.
     *
     * @param sections the bytes of the sections that have an address, by name
     * @param failure why it stopped; empty if it did not
     */
    public record Outcome(Map<String, byte[]> sections, Optional<RelocationFailure> failure) {}

    /**
     * Relocates the sections that have an address.
     *
     * @param addresses by section name
     * @param undefined the values of the undefined symbols by name
     */
    public Outcome relocate(KernelObject object, Map<String, Long> addresses, ToLongFunction<String> undefined) {
        Map<Integer, SectionChange> changes = new HashMap<>();
        if (object.elf().section(".plt").isPresent()) {
            for (SectionChange change : architecture.frobSections(object, kernel)) {
                if (change.cleared()) {
                    changes.put(change.section(), change);
                }
            }
        }
        Map<Integer, SectionMemory> memories = new HashMap<>();
        Map<String, byte[]> sections = new LinkedHashMap<>();
        for (Section section : object.elf().sections()) {
            Long address = addresses.get(section.name());
            if (address != null && section.hasFlags(Elf.SHF_ALLOC)) {
                SectionChange change = changes.get(section.index());
                byte[] image = new byte[(int) (change == null ? section.size() : change.size())];
                if (change == null) {
                    section.bytes().get(image);
                }
                sections.put(section.name(), image);
                memories.put(section.index(), new SectionMemory(image, 0, image.length, address));
            }
        }
        long[] symbols = new long[object.symbols().count()];
        for (int i = 1; i < symbols.length; i++) {
            int section = object.symbols().rawSectionIndex(i);
            long value = object.symbols().value(i);
            symbols[i] = section == Elf.SHN_UNDEF
                    ? undefined.applyAsLong(object.symbols().name(i))
                    : value
                            + (memories.containsKey(section)
                                    ? memories.get(section).address()
                                    : 0);
        }
        Linkage linkage = architecture.linkage(
                object, kernel, name -> object.elf().section(name).map(s -> memories.get(s.index())));
        for (Section section : object.elf().sections()) {
            if (section.type() == Elf.SHT_RELA && memories.containsKey(section.info())) {
                Optional<RelocationFailure> failure =
                        apply(section.relocations(), memories.get(section.info()), symbols, linkage);
                if (failure.isPresent()) {
                    return new Outcome(sections, failure);
                }
            }
        }
        return new Outcome(sections, Optional.empty());
    }

    private Optional<RelocationFailure> apply(
            RelocationTable table, SectionMemory memory, long[] symbols, Linkage linkage) {
        RelocationInterpreter rows = new RelocationInterpreter(architecture, policy);
        byte[] rela = table.section().file().array();
        int from = table.start();
        int section = table.section().index();
        DeferredRelocations deferred =
                new DeferredRelocations(rows, policy, section, rela, from, table.count(), symbols, memory);
        int done = program.apply(
                rela, from, table.count(), symbols, memory.image(), 0, memory.size(), memory.address(), deferred);
        if (done < table.count()) {
            byte[] image = memory.image();
            return Optional.of(rows.explain(
                    section, done, rela, from, table.count(), symbols, image, 0, image.length, memory.address()));
        }
        return deferred.isEmpty() ? Optional.empty() : linkage.apply(deferred);
    }
}
