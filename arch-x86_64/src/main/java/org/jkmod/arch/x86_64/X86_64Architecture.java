package org.jkmod.arch.x86_64;

import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Architecture;
import org.jkmod.core.Errno;
import org.jkmod.core.Generation;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationType;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;

/** 64-bit x86. */
public final class X86_64Architecture implements Architecture {
    /** Made by {@link java.util.ServiceLoader}. */
    public X86_64Architecture() {}

    @Override
    public String name() {
        return "x86_64";
    }

    @Override
    public Set<String> aliases() {
        return Set.of("amd64", "x86-64");
    }

    @Override
    public int machine() {
        return Elf.EM_X86_64;
    }

    @Override
    public ElfClass elfClass() {
        return ElfClass.ELFCLASS64;
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(X86_64RelocationType.values());
    }

    /** {@code MODULES_VADDR} to {@code MODULES_END} with CONFIG_RANDOMIZE_BASE (arch/x86/include/asm/pgtable_64_types.h). */
    @Override
    public AddressRange moduleRegion() {
        return AddressRange.between(0xffff_ffff_c000_0000L, 0xffff_ffff_ff00_0000L);
    }

    /** From {@code __START_KERNEL} with the default CONFIG_PHYSICAL_START to the end of the kernel's mapping. */
    @Override
    public AddressRange kernelImage() {
        return AddressRange.between(0xffff_ffff_8100_0000L, 0xffff_ffff_c000_0000L);
    }

    @Override
    public boolean hasPrel32Relocations() {
        return true;
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
                List.of("module: x86/modules: Invalid relocation target, existing value is nonzero for "
                        + (located ? "sec " + failure.section() + ", idx " + failure.index() + ", " : "")
                        + "type " + failure.type() + ", loc " + hex(failure.place()) + ", val " + hex(failure.value()));
            // The kernel does not look: what happens then depends on what lies there.
            case PLACE_OUTSIDE_SECTION, NO_SUCH_SYMBOL -> List.of();
        };
    }

    private static String hex(long value) {
        return Long.toHexString(value);
    }

    @Override
    public Errno relocationErrno() {
        return Errno.ENOEXEC;
    }

    @Override
    public Optional<InputStream> embeddedProfile() {
        return Optional.ofNullable(X86_64Architecture.class.getResourceAsStream("default.profile"));
    }
}
