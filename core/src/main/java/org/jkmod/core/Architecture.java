package org.jkmod.core;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.jkmod.elf.MalformedInputException;

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
