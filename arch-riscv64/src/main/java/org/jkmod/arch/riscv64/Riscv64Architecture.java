package org.jkmod.arch.riscv64;

import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.core.SectionChange;
import org.jkmod.core.SectionMemory;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;

/** 64-bit RISC-V. */
public final class Riscv64Architecture implements Architecture {
    /** {@code KERNEL_LINK_ADDR} (arch/riscv/include/asm/pgtable.h). */
    private static final long KERNEL = 0xffff_ffff_8000_0000L;

    private static final long KERNEL_SIZE = 32L << 20;

    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "riscv64",
            Set.of(),
            Elf.EM_RISCV,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            // MODULES_VADDR to MODULES_END: the 2 GiB that end where the kernel's image ends, up to its beginning
            List.of(AddressRange.between(KERNEL + KERNEL_SIZE - (2L << 30), KERNEL)),
            // Behind __per_cpu_start, which is in the kernel's image
            new AddressRange(KERNEL + (16L << 20), 16L << 20),
            new AddressRange(KERNEL, 16L << 20),
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
    public List<SectionChange> frobSections(KernelObject object, KernelConfiguration kernel) {
        return new GotAndPltSizing(object, kernel).changes();
    }

    @Override
    public Linkage linkage(
            KernelObject object, KernelConfiguration kernel, Function<String, Optional<SectionMemory>> sections) {
        return new GotAndPltLinkage(sections);
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
