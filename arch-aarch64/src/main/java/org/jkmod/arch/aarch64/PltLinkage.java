package org.jkmod.arch.aarch64;

import java.util.Optional;
import java.util.function.Function;
import org.jkmod.core.DeferredRelocations;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.Linkage;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.RelocationRow.Kind;
import org.jkmod.core.SectionMemory;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * Makes stubs in {@code .plt} and {@code .init.plt} ({@code module_emit_plt_entry}, {@code module_emit_veneer_for_adrp}): three
 * instructions each, ADRP and ADD of the target's address to x16, and BR x16.
 */
final class PltLinkage implements Linkage {
    static final String PLT = ".plt";
    static final String INIT_PLT = ".init.plt";
    /** The configuration's name for the work-around of erratum 843419, which the kernel applies only on a CPU that has it. */
    static final String ERRATUM = "ARM64_WORKAROUND_843419";
    /** {@code sizeof(struct plt_entry)}. */
    static final int STUB = 12;

    private static final int X16 = 16;
    private static final long ADRP = 0x9000_0000L;
    private static final long ADD_64 = 0x9100_0000L;
    private static final long BR_X16 = 0xd61f_0200L;
    private static final long B = 0x1400_0000L;
    private static final long ADR_NOT_ADRP = ~(1L << 31);

    private final KernelObject object;
    private final boolean erratum;
    private final Stubs core;
    private final Stubs init;

    PltLinkage(KernelObject object, KernelConfiguration kernel, Function<String, Optional<SectionMemory>> sections) {
        this.object = object;
        this.erratum = kernel.isSet(ERRATUM, false);
        this.core = new Stubs(sections.apply(PLT).orElse(null));
        this.init = new Stubs(sections.apply(INIT_PLT).orElse(null));
    }

    static boolean isBranch(int type) {
        return type == AArch64RelocationType.R_AARCH64_JUMP26.row().number()
                || type == AArch64RelocationType.R_AARCH64_CALL26.row().number();
    }

    static boolean isAdrp(int type) {
        return type == AArch64RelocationType.R_AARCH64_ADR_PREL_PG_HI21.row().number()
                || type
                        == AArch64RelocationType.R_AARCH64_ADR_PREL_PG_HI21_NC
                                .row()
                                .number();
    }

    @Override
    public Optional<RelocationFailure> apply(DeferredRelocations relocations) {
        Section section = object.elf().section(relocations.section());
        Stubs stubs = section.relocations().target().name().startsWith(".init") ? init : core;
        int[] order = new BranchOrder(object, section.relocations()).sort(relocations.indexes());
        for (int index : order) {
            Optional<RelocationFailure> failure = relocations.kind(index) == Kind.ADRP
                    ? adrp(relocations, index, stubs)
                    : branch(relocations, index, stubs);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    private Optional<RelocationFailure> branch(DeferredRelocations relocations, int index, Stubs stubs) {
        long stub = stubs.reach(relocations.target(index));
        return stub == 0
                ? Optional.of(relocations.failure(index, Reason.NO_STUB, relocations.target(index)))
                : relocations.write(index, stub - relocations.place(index));
    }

    /** {@code reloc_insn_adrp} at a forbidden offset: without the erratum nothing special, else an ADR, else a branch to a veneer. */
    private Optional<RelocationFailure> adrp(DeferredRelocations relocations, int index, Stubs stubs) {
        long place = relocations.place(index);
        long page = relocations.target(index) & -4096;
        if (!erratum) {
            return relocations.write(index, page - (place & -4096));
        }
        SectionMemory code = relocations.memory();
        int at = relocations.offset(index);
        long distance = page - place;
        if (((distance << 43) >> 43) == distance) {
            code.put32(at, AArch64Field.ADR.insert(code.get32(at), distance) & ADR_NOT_ADRP);
            return Optional.empty();
        }
        long veneer = stubs.veneer(page, place, (int) code.get32(at) & 31);
        if (veneer == 0) {
            return Optional.of(relocations.failure(index, Reason.NO_STUB, page));
        }
        code.put32(at, branchTo(veneer, place));
        return Optional.empty();
    }

    private static long branchTo(long target, long place) {
        return AArch64Field.IMM26.insert(B, target - place);
    }

    /** The stubs of one section, and how many of them there are ({@code struct mod_plt_sec}). */
    private final class Stubs {
        private final @Nullable SectionMemory memory;
        private int used;
        private int last = -1;
        private long lastTarget;

        Stubs(@Nullable SectionMemory memory) {
            this.memory = memory;
        }

        /** The address of a stub for a target: the last one made, if it is for the same; 0 if there is no room. */
        long reach(long target) {
            SectionMemory plt = memory;
            if (plt == null) {
                return 0;
            }
            int slot = allowed(plt, used);
            // The kernel looks whether the last one was the same only when it has made this one, and leaves it where it
            // is.
            if ((slot + 1) * STUB <= plt.size()) {
                write(plt, slot, target, X16);
                plt.put32(slot * STUB + 8, BR_X16);
            }
            if (last >= 0 && lastTarget == target) {
                return plt.address() + (long) last * STUB;
            }
            if (!hasRoom(plt, slot)) {
                return 0;
            }
            used = slot + 1;
            last = slot;
            lastTarget = target;
            return plt.address() + (long) slot * STUB;
        }

        /** The address of a veneer that does what an ADRP would have done, and goes back behind it; 0 if there is no room. */
        long veneer(long page, long place, int register) {
            SectionMemory plt = memory;
            if (plt == null) {
                return 0;
            }
            int slot = allowed(plt, used);
            if (!hasRoom(plt, slot)) {
                return 0;
            }
            write(plt, slot, page, register);
            long back = plt.address() + (long) slot * STUB + 8;
            plt.put32(slot * STUB + 8, branchTo(place + 4, back));
            used = slot + 1;
            last = -1;
            return plt.address() + (long) slot * STUB;
        }

        /** A stub begins with an ADRP, which the erratum forbids in some slots. */
        private int allowed(SectionMemory plt, int slot) {
            long address = plt.address() + (long) slot * STUB;
            return erratum && (address & 0xff8) == 0xff8 ? slot + 1 : slot;
        }

        /** The kernel sizes the section for one more stub than it ever makes. */
        private boolean hasRoom(SectionMemory plt, int slot) {
            return (slot + 2) * STUB <= plt.size();
        }

        private void write(SectionMemory plt, int slot, long target, int register) {
            int at = slot * STUB;
            long distance = (target & -4096) - ((plt.address() + at) & -4096);
            plt.put32(at, AArch64Field.ADRP.insert(ADRP | register, distance));
            plt.put32(at + 4, AArch64Field.imm12(0).insert(ADD_64 | ((long) register << 5) | register, target));
        }
    }
}
