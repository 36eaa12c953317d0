package org.jkmod.arch.x86_64;

import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.ArchitectureFacts;
import org.jkmod.core.Errno;
import org.jkmod.core.Generation;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;

/** 64-bit x86. */
public final class X86_64Architecture implements Architecture {
    private static final ArchitectureFacts FACTS = new ArchitectureFacts(
            "x86_64",
            Set.of("amd64", "x86-64"),
            Elf.EM_X86_64,
            ElfClass.ELFCLASS64,
            ByteOrder.LITTLE_ENDIAN,
            // MODULES_VADDR to MODULES_END with CONFIG_RANDOMIZE_BASE (arch/x86/include/asm/pgtable_64_types.h)
            List.of(AddressRange.between(0xffff_ffff_c000_0000L, 0xffff_ffff_ff00_0000L)),
            // Offsets from each CPU's GS base, behind those of the kernel's own variables
            AddressRange.between(0x1_0000L, 0x4000_0000L),
            // From __START_KERNEL with the default CONFIG_PHYSICAL_START to the end of the kernel's mapping
            AddressRange.between(0xffff_ffff_8100_0000L, 0xffff_ffff_c000_0000L),
            true,
            Errno.ENOEXEC);

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
