package org.jkmod.arch.aarch64;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.SectionChange;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/**
 * Sizes the sections that stubs go to, before the layout ({@code module_frob_arch_sections}, arch/arm64/kernel/module-plts.c): one stub
 * for every function in another section that code branches to, whether or not it will be out of reach.
 */
final class PltSizing {
    /** {@code L1_CACHE_BYTES}. */
    private static final int CACHE_LINE = 64;
    /** {@code NR_FTRACE_PLTS}: once there was a second one, for tracers that want all registers. */
    private static final Map<Generation, Integer> FTRACE_STUBS = Map.of(Generation.LINUX_6_1, 2);

    private final KernelObject object;
    private final ElfFile elf;
    private final boolean erratum;
    private final int ftraceStubs;
    private final List<SectionChange> changes = new ArrayList<>();

    PltSizing(KernelObject object, KernelConfiguration kernel) {
        this.object = object;
        this.elf = object.elf();
        this.erratum = kernel.isSet(PltLinkage.ERRATUM, false);
        this.ftraceStubs = FTRACE_STUBS.getOrDefault(kernel.generation(), 1);
    }

    List<SectionChange> changes() {
        int core = section(PltLinkage.PLT);
        int init = section(PltLinkage.INIT_PLT);
        long coreStubs = 0;
        long initStubs = 0;
        for (Section section : elf.sections()) {
            if (section.type() != SHT_RELA
                    || !object.relocated(section)
                            .filter(target -> target.hasFlags(SHF_EXECINSTR))
                            .isPresent()) {
                continue;
            }
            long stubs = stubs(section.relocations());
            if (section.relocations().target().name().startsWith(".init")) {
                initStubs += stubs;
            } else {
                coreStubs += stubs;
            }
        }
        fill(core, CACHE_LINE, coreStubs + 1);
        fill(init, CACHE_LINE, initStubs + 1);
        for (String name : List.of(".text.ftrace_trampoline", ".init.text.ftrace_trampoline")) {
            elf.section(name).ifPresent(section -> fill(section.index(), 4, ftraceStubs));
        }
        return changes;
    }

    /** What the kernel says of a module that lacks the sections that stubs go to; empty if it does not. */
    static Optional<String> missing(String module, KernelObject object) {
        boolean both = object.elf().section(PltLinkage.PLT).isPresent()
                && object.elf().section(PltLinkage.INIT_PLT).isPresent();
        return both ? Optional.empty() : Optional.of(module + ": module PLT section(s) missing");
    }

    private int section(String name) {
        return object.section(name, "a module with PLT sections").index();
    }

    private void fill(int section, int alignment, long stubs) {
        changes.add(SectionChange.filled(section, SHF_EXECINSTR | SHF_ALLOC, alignment, stubs * PltLinkage.STUB));
    }

    /** {@code count_plts}. */
    private long stubs(RelocationTable table) {
        BranchOrder order = new BranchOrder(object, table);
        long stubs = order.distinct();
        if (erratum) {
            stubs += veneers(table);
            stubs += (stubs + 4096 / PltLinkage.STUB - 1) / (4096 / PltLinkage.STUB);
        }
        return stubs;
    }

    /** An ADRP that may come to stand at a forbidden offset needs room for a veneer, or its section a larger alignment. */
    private long veneers(RelocationTable table) {
        long veneers = 0;
        long alignment = table.target().addralign();
        for (int i = 0; i < table.count(); i++) {
            if (PltLinkage.isAdrp(table.type(i))) {
                long least = 2L << Long.numberOfTrailingZeros(~(table.offset(i) | 7));
                if (least > 4096) {
                    veneers++;
                } else {
                    alignment = Math.max(alignment, least);
                }
            }
        }
        if (alignment != table.target().addralign()) {
            changes.add(SectionChange.aligned(table.target().index(), alignment));
        }
        return veneers;
    }
}
