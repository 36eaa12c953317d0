package org.jkmod.arch.aarch64;

import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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

/** 64-bit Arm. */
public final class AArch64Architecture implements Architecture {
    /** {@code KIMAGE_VADDR} with 48-bit addresses and without KASLR (arch/arm64/include/asm/memory.h). */
    private static final long KERNEL = 0xffff_8000_8000_0000L;
    /** From here the kernel's image, of at most 32 MiB, is in a branch's reach of 128 MiB. */
    private static final long NEAR = KERNEL - (96L << 20);
    /** From here its image is in the reach of 2 GiB that 32-bit distances have. */
    private static final long FAR = KERNEL + (32L << 20) - (2L << 30);

    /** What the messages of arch/arm64/kernel/module.c begin with: nothing in the first row, this since. */
    private static final Map<Generation, String> PREFIX = Map.of(Generation.LINUX_6_1, "");

    private static final String LATER_PREFIX = "Modules: ";

    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "aarch64",
            Set.of("arm64"),
            Elf.EM_AARCH64,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            // First where branches reach the kernel, then where they need stubs (module_direct_base, module_plt_base)
            List.of(AddressRange.between(NEAR, KERNEL), AddressRange.between(FAR, NEAR)),
            // Behind __per_cpu_start, which is in the kernel's image
            new AddressRange(KERNEL + (16L << 20), 16L << 20),
            new AddressRange(KERNEL, 16L << 20),
            true,
            Errno.ENOEXEC);

    /** Made by {@link java.util.ServiceLoader}. */
    public AArch64Architecture() {}

    @Override
    public ArchitectureFacts facts() {
        return FACTS;
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(AArch64RelocationType.values());
    }

    @Override
    public List<SectionChange> frobSections(KernelObject object, KernelConfiguration kernel) {
        return new PltSizing(object, kernel).changes();
    }

    @Override
    public Linkage linkage(
            KernelObject object, KernelConfiguration kernel, Function<String, Optional<SectionMemory>> sections) {
        return new PltLinkage(object, kernel, sections);
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        String prefix = PREFIX.getOrDefault(generation, LATER_PREFIX) + "module " + module + ": ";
        return switch (failure.reason()) {
            case UNKNOWN_TYPE ->
                List.of(prefix + "unsupported RELA relocation: " + Integer.toUnsignedString(failure.type()));
            case OVERFLOW ->
                List.of(prefix + "overflow in relocation type " + failure.type() + " val "
                        + Long.toHexString(failure.value()));
            default -> List.of();
        };
    }
}
