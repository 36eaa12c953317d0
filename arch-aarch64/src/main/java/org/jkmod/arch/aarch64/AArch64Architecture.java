package org.jkmod.arch.aarch64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
import org.jkmod.core.MemoryMap;
import org.jkmod.core.MemoryMap.Anchor;
import org.jkmod.core.MemoryMap.Bound;
import org.jkmod.core.MemoryMap.ModuleRegion;
import org.jkmod.core.MemoryMap.Motion;
import org.jkmod.core.MemoryMap.RandomRegions;
import org.jkmod.core.MemoryMap.Slide;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.core.SectionChange;
import org.jkmod.core.SectionMemory;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;

/** 64-bit Arm. */
public final class AArch64Architecture implements Architecture {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    /** {@code _PAGE_END(48)}, where the modules' own range begins, and the kernel's image behind it. */
    private static final long MODULES_VADDR = 0xffff_8000_0000_0000L;
    /** {@code VMALLOC_END} with 48-bit addresses and pages of 4 KiB (arch/arm64/include/asm/pgtable.h, memory.h; 6.12). */
    private static final long VMALLOC_END = 0xffff_fdff_bf80_0000L;
    /** An image of a distribution's size. */
    private static final long IMAGE_SIZE = 32 * MIB;
    /** Behind {@code __per_cpu_start}, which is in the kernel's image. */
    private static final Bound PER_CPU = new Bound(Anchor.IMAGE_START, 16 * MIB);

    private static final Bound REACHES_TEXT = new Bound(Anchor.TEXT_END, -128 * MIB);
    private static final Bound REACHES_IMAGE = new Bound(Anchor.IMAGE_END, -128 * MIB);
    private static final Bound IN_2G_OF_IMAGE = new Bound(Anchor.IMAGE_END, -2 * GIB);

    /** With it branches to the kernel need stubs. It is y by default; without KASLR it does nothing. */
    private static final String FULL = "RANDOMIZE_MODULE_REGION_FULL";

    /**
     * {@code module_alloc} (arch/arm64/kernel/module.c) and {@code kaslr_init} (kaslr.c) of 6.1: 128 MiB that hold the kernel's code, and
     * 2 GiB from the same address on when they are full.
     */
    private static MemoryMap linux61() {
        ModuleRegion fallback = new ModuleRegion(REACHES_TEXT, 2 * GIB, Motion.AS_BEFORE);
        return new MemoryMap(
                Generation.LINUX_6_1,
                new AddressRange(MODULES_VADDR + 128 * MIB, IMAGE_SIZE),
                IMAGE_SIZE / 2,
                // kaslr_early_init: BIT(VA_BITS_MIN - 3) + (seed & GENMASK(VA_BITS_MIN - 3, 0))
                new Slide(1L << 45, (1L << 46) + IMAGE_SIZE, 2 * MIB),
                List.of(new ModuleRegion(REACHES_TEXT, 128 * MIB, Motion.NONE), fallback),
                List.of(
                        new RandomRegions(
                                FULL, List.of(new ModuleRegion(IN_2G_OF_IMAGE, 128 * MIB, Motion.UP_2G), fallback)),
                        new RandomRegions(
                                "", List.of(new ModuleRegion(REACHES_TEXT, 128 * MIB, Motion.UP_128M), fallback))),
                Optional.empty(),
                PER_CPU);
    }

    /** {@code module_init_limits} (arch/arm64/kernel/module.c from 6.5 on, mm/init.c from 6.10 on): windows that hold the kernel's image. */
    private static MemoryMap linux65() {
        long kernel = MODULES_VADDR + 2 * GIB;
        long range = (VMALLOC_END - kernel) / 2;
        ModuleRegion near = new ModuleRegion(REACHES_IMAGE, 128 * MIB, Motion.AROUND);
        ModuleRegion far = new ModuleRegion(IN_2G_OF_IMAGE, 2 * GIB, Motion.AROUND);
        return new MemoryMap(
                Generation.LINUX_6_4,
                new AddressRange(kernel, IMAGE_SIZE),
                IMAGE_SIZE / 2,
                // kaslr_early_init: the middle half of what is behind the kernel
                new Slide(range / 2, range + IMAGE_SIZE, 2 * MIB),
                List.of(near, far),
                List.of(new RandomRegions(FULL, List.of(far)), new RandomRegions("", List.of(near, far))),
                Optional.empty(),
                PER_CPU);
    }

    /** What the messages of arch/arm64/kernel/module.c begin with: nothing in the first row, this since. */
    private static final Map<Generation, String> PREFIX = Map.of(Generation.LINUX_6_1, "");

    private static final String LATER_PREFIX = "Modules: ";

    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "aarch64",
            Set.of("arm64"),
            Elf.EM_AARCH64,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            List.of(linux61(), linux65()),
            true,
            Errno.ENOEXEC);

    private static final int BTI_C = 0xd503_245f;
    private static final int RET = 0xd65f_03c0;
    private static final int MOVZ_W0 = 0x5280_0000;
    private static final int MOVN_W0 = 0x1280_0000;

    /** Made by {@link java.util.ServiceLoader}. */
    public AArch64Architecture() {}

    @Override
    public ArchitectureFacts facts() {
        return FACTS;
    }

    /** Pages of 16 and 64 KiB have an option of their own, besides the one that all architectures have since 6.9. */
    @Override
    public int pageSize(KernelConfiguration kernel) {
        if (kernel.isSet("ARM64_64K_PAGES", false)) {
            return 1 << 16;
        }
        return kernel.isSet("ARM64_16K_PAGES", false) ? 1 << 14 : Architecture.super.pageSize(kernel);
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(AArch64RelocationType.values());
    }

    @Override
    public Optional<String> missingSections(String module, KernelObject object, KernelConfiguration kernel) {
        return PltSizing.missing(module, object);
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

    /** {@code mov w0, #imm} (MOVZ or MOVN of 16 bits), then {@code ret}, perhaps behind {@code bti c}. */
    @Override
    public OptionalInt constantReturn(ByteBuffer code) {
        int at = code.remaining() >= 4 && code.getInt(0) == BTI_C ? 4 : 0;
        if (code.remaining() < at + 8 || code.getInt(at + 4) != RET) {
            return OptionalInt.empty();
        }
        int instruction = code.getInt(at);
        int imm16 = instruction >>> 5 & 0xffff;
        return switch (instruction & ~(0xffff << 5)) {
            case MOVZ_W0 -> OptionalInt.of(imm16);
            case MOVN_W0 -> OptionalInt.of(~imm16);
            default -> OptionalInt.empty();
        };
    }

    /** {@code module_emit_plt_entry}: more stubs than were counted. */
    @Override
    public boolean warnsOfItself(RelocationFailure failure) {
        return failure.reason() == RelocationFailure.Reason.NO_STUB;
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        String prefix = PREFIX.getOrDefault(generation, LATER_PREFIX) + "module " + module + ": ";
        return switch (failure.reason()) {
            case UNKNOWN_TYPE ->
                List.of(prefix + "unsupported RELA relocation: " + Integer.toUnsignedString(failure.type()));
            case OVERFLOW ->
                List.of(prefix + "overflow in relocation type " + failure.type() + " val "
                        // what the type makes of it, the kernel does not say
                        + Long.toHexString(failure.target()));
            default -> List.of();
        };
    }
}
