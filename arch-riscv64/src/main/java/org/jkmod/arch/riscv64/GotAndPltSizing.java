package org.jkmod.arch.riscv64;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.SectionChange;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/**
 * Sizes {@code .plt}, {@code .got.plt} and {@code .got} before the layout ({@code module_frob_arch_sections},
 * arch/riscv/kernel/module-sections.c): an entry for every different relocation of code that may need one, whether or not it will.
 */
final class GotAndPltSizing {
    /** {@code L1_CACHE_BYTES}. */
    private static final int CACHE_LINE = 64;

    /** Whether equal relocations of different sections count once; in older kernels only those of one section do. */
    private static final Map<Generation, Boolean> COUNTS_ONCE =
            Map.of(Generation.LINUX_6_1, false, Generation.LINUX_6_4, false, Generation.LINUX_6_12_117, false);

    private record Entry(int type, int symbol, long addend) {}

    private final KernelObject object;
    private final ElfFile elf;
    private final boolean once;
    /** A kernel that is not relocatable ({@code CONFIG_RELOCATABLE}) does without these sections, and its modules do not have them. */
    private final boolean required;

    private int stubs;
    private int entries;

    GotAndPltSizing(KernelObject object, KernelConfiguration kernel) {
        this.object = object;
        this.elf = object.elf();
        this.required = kernel.isSet("MODULE_SECTIONS", false);
        this.once = COUNTS_ONCE.getOrDefault(kernel.generation(), true);
    }

    private boolean isWithout() {
        return !required
                && Stream.of(GotAndPltLinkage.PLT, GotAndPltLinkage.GOT, GotAndPltLinkage.GOT_PLT)
                        .allMatch(name -> elf.section(name).isEmpty());
    }

    /** What the kernel says of a module that lacks one of the sections; empty if it does not. */
    Optional<String> missing(String module) {
        if (isWithout()) {
            return Optional.empty();
        }
        return Stream.of(GotAndPltLinkage.PLT, GotAndPltLinkage.GOT, GotAndPltLinkage.GOT_PLT)
                .filter(name -> elf.section(name).isEmpty())
                .findFirst()
                .map(name -> module + ": module " + name.substring(1).toUpperCase(Locale.ROOT) + " section(s) missing");
    }

    List<SectionChange> changes() {
        if (isWithout()) {
            return List.of();
        }
        Set<Entry> seen = new HashSet<>();
        for (Section section : elf.sections()) {
            // a sh_info that is none is passed over, where the kernel looks at what lies behind the headers
            if (section.type() == SHT_RELA
                    && section.info() > 0
                    && section.info() < elf.sectionCount()
                    && section.relocations().target().hasFlags(SHF_EXECINSTR)) {
                if (!once) {
                    seen.clear();
                }
                count(section.relocations(), seen);
            }
        }
        List<SectionChange> changes = new ArrayList<>();
        changes.add(filled(GotAndPltLinkage.PLT, SHF_EXECINSTR | SHF_ALLOC, (stubs + 1L) * GotAndPltLinkage.STUB));
        changes.add(filled(GotAndPltLinkage.GOT, SHF_ALLOC, (entries + 1L) * GotAndPltLinkage.ENTRY));
        changes.add(filled(GotAndPltLinkage.GOT_PLT, SHF_ALLOC, (stubs + 1L) * GotAndPltLinkage.ENTRY));
        return changes;
    }

    private void count(RelocationTable table, Set<Entry> seen) {
        for (int i = 0; i < table.count(); i++) {
            int type = table.type(i);
            boolean got = type == Riscv64RelocationType.R_RISCV_GOT_HI20.row().number();
            boolean plt = type == Riscv64RelocationType.R_RISCV_CALL_PLT.row().number()
                    || type == Riscv64RelocationType.R_RISCV_PLT32.row().number();
            if ((got || plt) && seen.add(new Entry(type, table.symbol(i), table.addend(i)))) {
                if (got) {
                    entries++;
                } else {
                    stubs++;
                }
            }
        }
    }

    private SectionChange filled(String name, long flags, long size) {
        int index = object.section(name, "a module with PLT and GOT sections").index();
        return SectionChange.filled(index, flags, CACHE_LINE, size);
    }
}
