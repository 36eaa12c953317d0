package org.jkmod.arch.riscv64;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jkmod.core.DeferredRelocations;
import org.jkmod.core.Linkage;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.RelocationRow.Kind;
import org.jkmod.core.SectionMemory;
import org.jspecify.annotations.Nullable;

/**
 * Makes entries of {@code .got} that hold an address, and stubs in {@code .plt} that jump to one in {@code .got.plt}
 * ({@code module_emit_got_entry}, {@code module_emit_plt_entry}). What is there already is used again.
 */
final class GotAndPltLinkage implements Linkage {
    static final String PLT = ".plt";
    static final String GOT = ".got";
    static final String GOT_PLT = ".got.plt";
    /** {@code sizeof(struct plt_entry)}: three instructions. */
    static final int STUB = 12;
    /** {@code sizeof(struct got_entry)}. */
    static final int ENTRY = 8;

    private static final long AUIPC_T0 = 0x0000_0297L;
    private static final long LD_T1_T0 = 0x0002_b303L;
    private static final long JR_T1 = 0x0003_0067L;

    private final @Nullable SectionMemory plt;
    private final @Nullable SectionMemory got;
    private final @Nullable SectionMemory gotPlt;
    private final Map<Long, Integer> stubs = new HashMap<>();
    private final Map<Long, Integer> entries = new HashMap<>();

    GotAndPltLinkage(Function<String, Optional<SectionMemory>> sections) {
        this.plt = sections.apply(PLT).orElse(null);
        this.got = sections.apply(GOT).orElse(null);
        this.gotPlt = sections.apply(GOT_PLT).orElse(null);
    }

    @Override
    public Optional<RelocationFailure> apply(DeferredRelocations relocations) {
        for (int index : relocations.indexes()) {
            int upper = relocations.kind(index) == Kind.LOWER_HALF ? relocations.upperHalf(index) : index;
            long target = relocations.target(upper);
            long to = relocations.kind(index) == Kind.STUB ? stub(target) : entry(target);
            Optional<RelocationFailure> failure = to == 0
                    ? Optional.of(relocations.failure(index, Reason.NO_STUB, target))
                    : relocations.write(index, to - relocations.place(upper));
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    /** The address of the entry that holds an address; 0 if there is no room for it. */
    private long entry(long target) {
        SectionMemory table = got;
        if (table == null) {
            return 0;
        }
        Integer known = entries.get(target);
        int slot = known == null ? entries.size() : known;
        if (known == null) {
            if ((slot + 1) * ENTRY > table.size()) {
                return 0;
            }
            table.put64(slot * ENTRY, target);
            entries.put(target, slot);
        }
        return table.address() + (long) slot * ENTRY;
    }

    /** The address of the stub that jumps to an address; 0 if there is no room for it. */
    private long stub(long target) {
        SectionMemory code = plt;
        SectionMemory table = gotPlt;
        if (code == null || table == null) {
            return 0;
        }
        Integer known = stubs.get(target);
        int slot = known == null ? stubs.size() : known;
        if (known == null) {
            if ((slot + 1) * STUB > code.size() || (slot + 1) * ENTRY > table.size()) {
                return 0;
            }
            table.put64(slot * ENTRY, target);
            int at = slot * STUB;
            long distance = table.address() + (long) slot * ENTRY - code.address() - at;
            code.put32(at, RiscvField.U_TYPE.insert(AUIPC_T0, distance));
            code.put32(at + 4, RiscvField.I_TYPE.insert(LD_T1_T0, distance));
            code.put32(at + 8, JR_T1);
            stubs.put(target, slot);
        }
        return code.address() + (long) slot * STUB;
    }
}
