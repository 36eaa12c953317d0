package org.jkmod.arch.riscv64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.jkmod.arch.riscv64.Riscv64RelocationType.Reason;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.ArchitectureFacts;
import org.jkmod.core.Errno;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.Linkage;
import org.jkmod.core.MemoryMap;
import org.jkmod.core.MemoryMap.Anchor;
import org.jkmod.core.MemoryMap.Bound;
import org.jkmod.core.MemoryMap.ModuleRegion;
import org.jkmod.core.MemoryMap.Motion;
import org.jkmod.core.MemoryMap.Slide;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.core.SectionChange;
import org.jkmod.core.SectionMemory;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.RelocationTable;

/** 64-bit RISC-V. */
public final class Riscv64Architecture implements Architecture {
    /** {@code KERNEL_LINK_ADDR} (arch/riscv/include/asm/pgtable.h). */
    private static final long KERNEL = 0xffff_ffff_8000_0000L;

    /** An image of a distribution's size. */
    private static final long KERNEL_SIZE = 32L << 20;

    /** rd = a0, funct3 = 0, rs1 = zero, opcode = OP-IMM. */
    private static final int ADDI_A0_ZERO = 10 << 7 | 0x13;

    private static final int C_LI_A0 = 2 << 13 | 10 << 7 | 1;
    private static final int C_LI_A0_MASK = 0xef83;
    private static final int RET = 0x0000_8067;
    private static final short C_RET = (short) 0x8082;

    /** The rows of kernels that add at the place itself. */
    private static final Set<Generation> NO_HASH_TABLE = Set.of(Generation.LINUX_6_1);

    /**
     * MODULES_VADDR to MODULES_END: the 2 GiB that end where the kernel's image ends, up to its beginning. KASLR moves the image, and so
     * them, but nothing else (arch/riscv/mm/init.c, {@code setup_vm}; since 6.6).
     */
    private static MemoryMap map(Generation since, Slide slide) {
        ModuleRegion modules = new ModuleRegion(new Bound(Anchor.IMAGE_END, -(2L << 30)), 2L << 30, Motion.NONE);
        return new MemoryMap(
                since,
                new AddressRange(KERNEL, KERNEL_SIZE),
                KERNEL_SIZE / 2,
                slide,
                List.of(modules),
                List.of(),
                Optional.empty(),
                // Behind __per_cpu_start, which is in the kernel's image
                new Bound(Anchor.IMAGE_START, 16L << 20));
    }

    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "riscv64",
            Set.of(),
            Elf.EM_RISCV,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            List.of(
                    map(Generation.LINUX_6_1, Slide.NONE),
                    // one PUD, in steps of a PMD
                    map(Generation.LINUX_6_4, new Slide(0, (1L << 30) - (2L << 20), 2L << 20))),
            false,
            Errno.EINVAL);

    /** Made by {@link java.util.ServiceLoader}. */
    public Riscv64Architecture() {}

    @Override
    public ArchitectureFacts facts() {
        return FACTS;
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(Riscv64RelocationType.values());
    }

    @Override
    public boolean elfCheckArch(int machine, int identClass) {
        return machine == machine() && identClass == ElfClass.ELFCLASS64.ident();
    }

    @Override
    public Optional<String> missingSections(String module, KernelObject object, KernelConfiguration kernel) {
        return new GotAndPltSizing(object, kernel).missing(module);
    }

    @Override
    public List<SectionChange> frobSections(KernelObject object, KernelConfiguration kernel) {
        return new GotAndPltSizing(object, kernel).changes();
    }

    @Override
    public Linkage linkage(
            KernelObject object, KernelConfiguration kernel, Function<String, Optional<SectionMemory>> sections) {
        return new GotAndPltLinkage(sections);
    }

    /** {@code li a0, imm} ({@code addi a0, zero, imm} or {@code c.li}), then {@code ret} in either length. */
    @Override
    public OptionalInt constantReturn(ByteBuffer code) {
        if (code.remaining() < 4) {
            return OptionalInt.empty();
        }
        int first = code.getInt(0);
        if ((first & 0xfffff) == ADDI_A0_ZERO && isRet(code, 4)) {
            return OptionalInt.of(first >> 20);
        }
        if ((first & C_LI_A0_MASK) == C_LI_A0 && isRet(code, 2)) {
            return OptionalInt.of((first << 19 >> 31 & ~0x1f) | (first >> 2 & 0x1f));
        }
        return OptionalInt.empty();
    }

    private static boolean isRet(ByteBuffer code, int at) {
        return (code.remaining() >= at + 2 && code.getShort(at) == C_RET)
                || (code.remaining() >= at + 4 && code.getInt(at) == RET);
    }

    /**
     * {@code initialize_relocation_hashtable} (arch/riscv/kernel/module.c, since 6.7): a table for a single relocation has one bucket, and
     * the hash of none bits is a shift by all of them.
     */
    @Override
    public Optional<String> kernelFault(RelocationTable table, Generation generation) {
        return !NO_HASH_TABLE.contains(generation)
                        && table.count() == 1
                        && Arrays.stream(Riscv64RelocationType.values())
                                .anyMatch(t -> t.row().number() == table.type(0)
                                        && t.row().kind().accumulates())
                ? Optional.of(
                        "relocations of section " + table.section() + ": a single one that adds, subtracts or sets"
                                + " makes the kernel use a hash table of one bucket beyond its end")
                : Optional.empty();
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        return switch (failure.reason()) {
            case UNKNOWN_TYPE -> List.of(module + ": " + refusal(failure));
            case OVERFLOW ->
                List.of(
                        failure.type() == Riscv64RelocationType.R_RISCV_32.row().number()
                                ? String.format(
                                        "%s: value %016x out of range for 32-bit field", module, failure.value())
                                : unreachable(module, failure.value() + failure.place(), failure.place()));
            case NO_STUB ->
                List.of(
                        failure.type()
                                        == Riscv64RelocationType.R_RISCV_GOT_HI20
                                                .row()
                                                .number()
                                ? String.format(
                                        "%s: can not generate the GOT entry for symbol = %016x from PC = %x",
                                        module, failure.value(), failure.place())
                                : unreachable(module, failure.value(), failure.place()));
            case NO_UPPER_HALF -> List.of(module + ": Can not find HI20 relocation information");
            default -> List.of();
        };
    }

    private static String unreachable(String module, long target, long place) {
        return String.format(
                "%s: target %016x can not be addressed by the 32-bit offset from PC = %x", module, target, place);
    }

    private static String refusal(RelocationFailure failure) {
        Optional<String> reason = Arrays.stream(Riscv64RelocationType.values())
                .filter(type -> type.row().number() == failure.type())
                .flatMap(type -> type.row().refusal().stream())
                .findFirst();
        String pc = " PC = " + Long.toHexString(failure.place());
        return switch (reason.orElse("")) {
            case Reason.DYNAMIC -> "Dynamic linking not supported in kernel modules" + pc;
            case Reason.TLS -> "Thread local storage not supported in kernel modules" + pc;
            case Reason.ALIGN -> "The unexpected relocation type 'R_RISCV_ALIGN' from" + pc;
            default -> "Unknown relocation type " + Integer.toUnsignedString(failure.type());
        };
    }
}
