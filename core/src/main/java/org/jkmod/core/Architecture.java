package org.jkmod.core;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.RelocationTable;

/**
 * What the loader must know of a machine: a table of relocation types, some facts, and what it does besides. Implementations are
 * stateless, have a public constructor without arguments, and are found by {@link ServiceLoader}: an architecture is added by adding its
 * artifact. {@code docs/adding-an-architecture.md} shows how one is written.
 */
public interface Architecture {
    /** Its facts; always the same. */
    ArchitectureFacts facts();

    /** All relocation types of the processor supplement, those included that the kernel refuses. */
    List<? extends RelocationType> relocationTypes();

    /**
     * What this architecture's kernel prints when a relocation fails, a string a line.
     *
     * @param failure what went wrong
     * @param module name of the module
     * @param generation which kernel
     */
    List<String> messages(RelocationFailure failure, String module, Generation generation);

    /** Whether this architecture's kernel takes a failed relocation for a bug of its own, and warns of it ({@code WARN_ON}). */
    default boolean warnsOfItself(RelocationFailure failure) {
        return false;
    }

    /**
     * What a kernel's own fault makes of the relocations of one section; empty if it can apply them.
     *
     * @param table the relocations
     */
    default Optional<String> kernelFault(RelocationTable table, Generation generation) {
        return Optional.empty();
    }

    /** The architecture's name, as {@code uname -m} prints it. */
    default String name() {
        return facts().name();
    }

    /** {@code e_machine} of its objects. */
    default int machine() {
        return facts().machine();
    }

    /** Size of a page in bytes, where the kernel's configuration does not say otherwise. */
    default int pageSize() {
        return 4096;
    }

    /**
     * Whether a file is for this machine ({@code elf_check_arch}).
     *
     * @param machine {@code e_machine}
     * @param identClass {@code e_ident[EI_CLASS]}, which most do not look at
     */
    default boolean elfCheckArch(int machine, int identClass) {
        return machine == machine();
    }

    /**
     * What the kernel prints when a module's {@code .modinfo} lacks what this architecture wants ({@code check_modinfo_retpoline}).
     *
     * @param module its name
     */
    default List<Message> modinfoWarnings(String module, Modinfo modinfo, KernelConfiguration kernel) {
        return List.of();
    }

    /**
     * A message that the kernel prints.
     *
     * @param level as {@link KernelLog.Line#level}
     */
    record Message(int level, String text) {}

    /**
     * The message with which {@code module_frob_arch_sections} refuses a module; empty if it takes it.
     *
     * @param module its name
     */
    default Optional<String> missingSections(String module, KernelObject object, KernelConfiguration kernel) {
        return Optional.empty();
    }

    /**
     * What a function returns that does nothing else; empty if it may do more. So the result of some inits is known though nothing is
     * run.
     *
     * @param code the relocated bytes from the function's first on, little-endian
     */
    default OptionalInt constantReturn(ByteBuffer code) {
        return OptionalInt.empty();
    }

    /** Size of a page in bytes, of a kernel of that configuration ({@code CONFIG_PAGE_SHIFT}, which kernels have since 6.9). */
    default int pageSize(KernelConfiguration kernel) {
        return kernel.value("PAGE_SHIFT")
                .filter(shift -> shift.length() == 2 && shift.compareTo("10") >= 0 && shift.compareTo("19") <= 0)
                .map(shift -> 1 << Integer.parseInt(shift))
                .orElse(pageSize());
    }

    /** Whether an undefined symbol of this name is passed over ({@code ignore_undef_symbol}). */
    default boolean ignoresUndefined(String symbol) {
        return false;
    }

    /**
     * What is changed in the headers of a module's sections before they are laid out ({@code module_frob_arch_sections}).
     *
     * @throws MalformedInputException if the module lacks what the architecture's modules must have
     */
    default List<SectionChange> frobSections(KernelObject object, KernelConfiguration kernel) {
        return List.of();
    }

    /**
     * What serves the relocations of one module that its own code is not enough for.
     *
     * @param sections the module's sections in memory by name
     */
    default Linkage linkage(
            KernelObject object, KernelConfiguration kernel, Function<String, Optional<SectionMemory>> sections) {
        return Linkage.NONE;
    }

    /**
     * A saved {@link KernelProfile} that comes with the artifact, as the resource {@code META-INF/jkmod/NAME.profile}; the caller closes
     * it.
     */
    default Optional<InputStream> embeddedProfile() {
        return Optional.ofNullable(getClass().getResourceAsStream("/META-INF/jkmod/" + name() + ".profile"));
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
                .filter(a -> a.name().equals(name) || a.facts().aliases().contains(name))
                .findFirst();
    }
}
