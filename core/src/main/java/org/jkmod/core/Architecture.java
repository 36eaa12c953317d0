package org.jkmod.core;

import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.jkmod.elf.ElfClass;

/**
 * What the loader must know of a machine: a table of relocation types and a few facts. Implementations are stateless, have a public
 * constructor without arguments, and are found by {@link ServiceLoader}: an architecture is added by adding its artifact.
 */
public interface Architecture {
    /** The architecture's name, as {@code uname -m} prints it. */
    String name();

    /** Other names for it that people and distributions use. */
    Set<String> aliases();

    /** {@code e_machine} of its objects. */
    int machine();

    /** The class of its objects. */
    ElfClass elfClass();

    /** The byte order of its objects. */
    ByteOrder byteOrder();

    /** Size of a page in bytes, where the kernel's configuration does not say otherwise. */
    default int pageSize() {
        return 4096;
    }

    /** All relocation types of the processor supplement, those included that the kernel refuses. */
    List<? extends RelocationType> relocationTypes();

    /** Where module memory is allocated ({@code MODULES_VADDR} to {@code MODULES_END}). */
    AddressRange moduleRegion();

    /** Where the kernel's own symbols are put when nobody knows their addresses. */
    AddressRange kernelImage();

    /** Whether {@code struct kernel_symbol} holds 32-bit distances rather than pointers ({@code HAVE_ARCH_PREL32_RELOCATIONS}). */
    boolean hasPrel32Relocations();

    /** Whether an undefined symbol of this name is passed over ({@code ignore_undef_symbol}). */
    default boolean ignoresUndefined(String symbol) {
        return false;
    }

    /**
     * What this architecture's kernel prints when a relocation fails, a string a line.
     *
     * @param failure what went wrong
     * @param module name of the module
     * @param generation which kernel
     */
    List<String> messages(RelocationFailure failure, String module, Generation generation);

    /** What a load returns when a relocation fails. */
    Errno relocationErrno();

    /** A saved {@link KernelProfile} that comes with the artifact; the caller closes it. */
    default Optional<InputStream> embeddedProfile() {
        return Optional.empty();
    }

    /** The architectures on the class path or module path. */
    static List<Architecture> all() {
        return Architectures.ALL;
    }

    /** The architecture whose objects have this {@code e_machine}. */
    static Optional<Architecture> ofMachine(int machine) {
        return all().stream().filter(a -> a.machine() == machine).findFirst();
    }

    /** The architecture of a name or an alias. */
    static Optional<Architecture> named(String name) {
        return all().stream()
                .filter(a -> a.name().equals(name) || a.aliases().contains(name))
                .findFirst();
    }
}
