package org.jkmod.arch.x86_64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.ArchitectureFacts;
import org.jkmod.core.Errno;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.MemoryMap;
import org.jkmod.core.MemoryMap.Anchor;
import org.jkmod.core.MemoryMap.Bound;
import org.jkmod.core.MemoryMap.CodeBlocks;
import org.jkmod.core.MemoryMap.ModuleRegion;
import org.jkmod.core.MemoryMap.Motion;
import org.jkmod.core.MemoryMap.RandomRegions;
import org.jkmod.core.MemoryMap.Slide;
import org.jkmod.core.Modinfo;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;

/** 64-bit x86. */
public final class X86_64Architecture implements Architecture {
    /** {@code KERN_ERR} and {@code KERN_WARNING}. */
    private static final int ERR = 3;

    private static final int WARNING = 4;

    /** {@code __START_KERNEL} with the default CONFIG_PHYSICAL_START; an image of a distribution's size. */
    private static final AddressRange IMAGE = new AddressRange(0xffff_ffff_8100_0000L, 64L << 20);

    /** {@code find_random_virt_addr} (arch/x86/boot/compressed/kaslr.c): up to KERNEL_IMAGE_SIZE, on CONFIG_PHYSICAL_ALIGN. */
    private static final Slide SLIDE = new Slide(0, (1L << 30) - (16L << 20), 2L << 20);

    /**
     * MODULES_VADDR to MODULES_END with CONFIG_RANDOMIZE_BASE (arch/x86/include/asm/pgtable_64_types.h); KASLR adds 1 to 1024 pages
     * ({@code get_module_load_offset} in arch/x86/kernel/module.c, later {@code execmem_arch_setup} in arch/x86/mm/init.c).
     */
    private static final ModuleRegion MODULES = new ModuleRegion(
            new Bound(Anchor.ZERO, 0xffff_ffff_c000_0000L),
            0xffff_ffff_ff00_0000L - 0xffff_ffff_c000_0000L,
            Motion.LATER_START);

    /** Offsets from each CPU's GS base, behind those of the kernel's own variables; from 6.15 on addresses in the kernel's image. */
    private static final Bound PER_CPU_FROM_ZERO = new Bound(Anchor.ZERO, 0x1_0000L);

    private static final Bound PER_CPU_IN_IMAGE = new Bound(Anchor.IMAGE_START, 32L << 20);

    private static MemoryMap map(Generation since, Optional<CodeBlocks> codeBlocks, Bound perCpu) {
        return new MemoryMap(
                since,
                IMAGE,
                24L << 20,
                SLIDE,
                List.of(MODULES),
                List.of(new RandomRegions("", List.of(MODULES))),
                codeBlocks,
                perCpu);
    }

    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "x86_64",
            Set.of("amd64", "x86-64"),
            Elf.EM_X86_64,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            List.of(
                    map(Generation.LINUX_6_1, Optional.empty(), PER_CPU_FROM_ZERO),
                    // ARCH_HAS_EXECMEM_ROX, CPUs with huge pages: PMD_SIZE, INT3
                    map(Generation.LINUX_7_1, Optional.of(new CodeBlocks(2L << 20, 0xcc)), PER_CPU_IN_IMAGE)),
            true,
            Errno.ENOEXEC);

    /** The option for retpolines, by its name since 6.9 and before. */
    private static final List<String> OPTIONS = List.of("MITIGATION_RETPOLINE", "RETPOLINE");

    private static final int ENDBR64 = 0xfa1e_0ff3;
    private static final byte MOV_EAX = (byte) 0xb8;
    private static final short XOR_EAX = (short) 0xc031;
    private static final byte RET = (byte) 0xc3;

    /** Made by {@link java.util.ServiceLoader}. */
    public X86_64Architecture() {}

    @Override
    public ArchitectureFacts facts() {
        return FACTS;
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(X86_64RelocationType.values());
    }

    /** Old assemblers leave an unreferenced {@code _GLOBAL_OFFSET_TABLE_} in objects. */
    @Override
    public boolean ignoresUndefined(String symbol) {
        return symbol.equals("_GLOBAL_OFFSET_TABLE_");
    }

    /**
     * Kernels that defend themselves with retpolines warn of modules without ({@code retpoline_module_ok},
     * arch/x86/kernel/cpu/bugs.c). Not known whether it has
     * them, a kernel is taken to have them, as all distributions' have.
     */
    @Override
    public List<Message> modinfoWarnings(String module, Modinfo modinfo, KernelConfiguration kernel) {
        boolean known = OPTIONS.stream().anyMatch(o -> kernel.value(o).isPresent());
        boolean retpolines = !known || OPTIONS.stream().anyMatch(o -> kernel.isSet(o, false));
        return !retpolines || modinfo.first("retpoline").isPresent()
                ? List.of()
                : List.of(
                        new Message(ERR, "Spectre V2 : System may be vulnerable to spectre v2"),
                        new Message(WARNING, module + ": loading module not compiled with retpoline compiler."));
    }

    /** {@code mov $imm32,%eax} or {@code xor %eax,%eax}, then {@code ret}, perhaps behind {@code endbr64}. */
    @Override
    public OptionalInt constantReturn(ByteBuffer code) {
        int at = code.remaining() >= 4 && code.getInt(0) == ENDBR64 ? 4 : 0;
        if (code.remaining() >= at + 6 && code.get(at) == MOV_EAX && code.get(at + 5) == RET) {
            return OptionalInt.of(code.getInt(at + 1));
        }
        if (code.remaining() >= at + 3 && code.getShort(at) == XOR_EAX && code.get(at + 2) == RET) {
            return OptionalInt.of(0);
        }
        return OptionalInt.empty();
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        boolean located = generation.locatesRelocations();
        return switch (failure.reason()) {
            case UNKNOWN_TYPE ->
                List.of("module: " + module + ": Unknown rela relocation: " + Integer.toUnsignedString(failure.type()));
            case OVERFLOW ->
                List.of(
                        "module: overflow in relocation type " + failure.type() + " val " + hex(failure.value())
                                + (located ? " sec " + failure.section() + " idx " + failure.index() : ""),
                        "module: `" + module + "' likely not compiled with -mcmodel=kernel");
            case NONZERO_PLACE ->
                List.of("module: x86/modules: " + (generation.saysSkipping() ? "Skipping invalid" : "Invalid")
                        + " relocation target, existing value is nonzero for "
                        + (located ? "sec " + failure.section() + ", idx " + failure.index() + ", " : "")
                        + "type " + failure.type()
                        // %p: older kernels hide the address.
                        + ", loc " + (located ? hex(failure.place()) : "(____ptrval____)")
                        + ", val " + hex(failure.value()));
            // The kernel does not look: what happens then depends on what lies there.
            default -> List.of();
        };
    }

    private static String hex(long value) {
        return Long.toHexString(value);
    }
}
