package org.jkmod.core;

import static org.jkmod.elf.Elf.SHT_REL;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.util.Optional;
import java.util.function.IntFunction;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/** Applies the relocations of a module's sections ({@code apply_relocations}, kernel/module/main.c). */
final class ModuleRelocation {
    /**
     * What came of it.
     *
     * @param applied how many relocations were applied
     * @param failure why it stopped; empty if it did not
     * @param withoutAddends whether it stopped because a section is {@code SHT_REL}
     */
    record Result(int applied, Optional<RelocationFailure> failure, boolean withoutAddends) {}

    private final KernelObject object;
    private final ModuleLayout layout;
    private final long[] symbols;
    private final IntFunction<Optional<SectionMemory>> sections;
    private final KernelConfiguration kernel;
    private final RelocationPolicy policy;
    private final RelocationProgram program;
    private final RelocationInterpreter interpreter;
    private final Linkage linkage;

    private ModuleRelocation(
            KernelObject object,
            ModuleLayout layout,
            long[] symbols,
            IntFunction<Optional<SectionMemory>> sections,
            Architecture architecture,
            KernelConfiguration kernel,
            RelocationPolicy policy) {
        this.object = object;
        this.layout = layout;
        this.symbols = symbols;
        this.sections = sections;
        this.kernel = kernel;
        this.policy = policy;
        this.program = RelocationProgram.compiled(architecture, policy);
        this.interpreter = RelocationInterpreter.of(architecture, policy);
        this.linkage = architecture.linkage(object, kernel, this::named);
    }

    /**
     * Relocates a module.
     *
     * @param symbols the symbols' values by index
     * @param sections the module's sections in memory by index
     */
    static Result apply(
            KernelObject object,
            ModuleLayout layout,
            long[] symbols,
            IntFunction<Optional<SectionMemory>> sections,
            Architecture architecture,
            KernelConfiguration kernel,
            RelocationPolicy policy) {
        return new ModuleRelocation(object, layout, symbols, sections, architecture, kernel, policy).apply();
    }

    private Optional<SectionMemory> named(String section) {
        return object.elf().section(section).map(Section::index).flatMap(sections::apply);
    }

    private Result apply() {
        ElfFile elf = object.elf();
        int perCpu = object.allocated(KernelObject.PER_CPU).map(Section::index).orElse(0);
        int applied = 0;
        for (int i = 1; i < elf.sectionCount(); i++) {
            Section section = elf.section(i);
            if (section.type() != SHT_RELA && section.type() != SHT_REL) {
                continue;
            }
            Placement target = layout.placementOf(section.info());
            if (target == null
                    || !target.isAllocated()
                    || (target.index() == perCpu && !kernel.generation().relocatesPerCpu())) {
                continue;
            }
            if (section.type() == SHT_REL) {
                return new Result(applied, Optional.empty(), true);
            }
            RelocationTable table = section.relocations();
            Optional<SectionMemory> memory = sections.apply(target.index());
            if (memory.isEmpty()) {
                continue;
            }
            Optional<RelocationFailure> failure = apply(i, table, memory.get());
            if (failure.isPresent()) {
                return new Result(applied + failure.get().index(), failure, false);
            }
            applied += table.count();
        }
        return new Result(applied, Optional.empty(), false);
    }

    private Optional<RelocationFailure> apply(int section, RelocationTable table, SectionMemory memory) {
        byte[] rela = object.elf().array();
        DeferredRelocations deferred = new DeferredRelocations(
                interpreter, policy, section, rela, table.start(), table.count(), symbols, memory);
        // The kernel does not look where a section ends: up to the end of the memory that the section is in, it is
        // known what happens.
        int size = policy == RelocationPolicy.KERNEL ? memory.image().length - memory.base() : memory.size();
        int done = program.apply(
                rela,
                table.start(),
                table.count(),
                symbols,
                memory.image(),
                memory.base(),
                size,
                memory.address(),
                deferred);
        if (done < table.count()) {
            return Optional.of(interpreter.explain(
                    section,
                    done,
                    rela,
                    table.start(),
                    table.count(),
                    symbols,
                    memory.image(),
                    memory.base(),
                    size,
                    memory.address()));
        }
        return deferred.isEmpty() ? Optional.empty() : linkage.apply(deferred);
    }
}
