package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_REL;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.util.Optional;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/** Applies the relocations of a module's sections ({@code apply_relocations}, kernel/module/main.c). */
final class ModuleRelocation {
    /** Where a section's bytes are. */
    @SuppressWarnings("ArrayRecordComponent") // the bytes themselves, to be written to
    record Place(byte[] image, int base, long address) {}

    /** Finds a section's bytes. */
    interface Places {
        /** Where the bytes of a section are that has memory. */
        Place of(Placement placement);
    }

    /**
     * What came of it.
     *
     * @param applied how many relocations were applied
     * @param failure why it stopped; empty if it did not
     * @param withoutAddends whether it stopped because a section is {@code SHT_REL}
     */
    record Result(int applied, Optional<RelocationFailure> failure, boolean withoutAddends) {}

    private ModuleRelocation() {}

    static Result apply(
            KernelObject object,
            ModuleLayout layout,
            long[] symbols,
            Places places,
            Architecture architecture,
            Generation generation,
            RelocationPolicy policy) {
        RelocationProgram program = RelocationProgram.compiled(architecture, policy);
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
                    || !elf.section(target.index()).hasFlags(SHF_ALLOC)
                    || (target.index() == perCpu && !generation.relocatesPerCpu())) {
                continue;
            }
            if (section.type() == SHT_REL) {
                return new Result(applied, Optional.empty(), true);
            }
            RelocationTable table = section.relocations();
            Place place = places.of(target);
            int size = (int) target.size();
            int done = program.apply(
                    elf.array(),
                    table.start(),
                    table.count(),
                    symbols,
                    place.image(),
                    place.base(),
                    size,
                    place.address());
            applied += done;
            if (done < table.count()) {
                RelocationFailure failure = new RelocationInterpreter(architecture, policy)
                        .explain(
                                i,
                                done,
                                elf.array(),
                                table.start(),
                                symbols,
                                place.image(),
                                place.base(),
                                size,
                                place.address());
                return new Result(applied, Optional.of(failure), false);
            }
        }
        return new Result(applied, Optional.empty(), false);
    }
}
