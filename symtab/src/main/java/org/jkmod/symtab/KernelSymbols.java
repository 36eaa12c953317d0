package org.jkmod.symtab;

import java.util.Optional;
import org.jkmod.elf.MalformedInputException;

/**
 * What a kernel says of its own symbols, read from the kernel itself: no System.map, no debug information, no root. Immutable.
 *
 * <p>A kernel carries two sets of tables that its own loader looks into: all symbols for messages (kernel/kallsyms.c), and the exports for
 * modules (kernel/module/main.c). An image as distributions ship it has no symbol table that says where they are; they are found by their
 * form, which leaves no doubt: {@code KallsymsTables} and {@code ExportTables} of this package say how.
 */
public final class KernelSymbols {
    private final Optional<Kallsyms> kallsyms;
    private final Optional<ModuleSymvers> exports;

    private KernelSymbols(Optional<Kallsyms> kallsyms, Optional<ModuleSymvers> exports) {
        this.kallsyms = kallsyms;
        this.exports = exports;
    }

    /**
     * Reads a kernel.
     *
     * @param kernel a decompressed kernel of 64 bits, little-endian: an ELF file (vmlinux, with or without symbols) or an Image; not kept
     * @param name what to call it in messages
     * @throws MalformedInputException if it is an ELF file that is damaged or of another kind, or its tables are damaged
     */
    public static KernelSymbols parse(byte[] kernel, String name) {
        KernelMemory memory = KernelMemory.of(kernel, name);
        Optional<Kallsyms> kallsyms =
                KallsymsTables.read(memory).or(() -> memory.elf().flatMap(ElfKallsyms::read));
        return new KernelSymbols(kallsyms, ExportTables.read(memory));
    }

    /**
     * All symbols, in the order of their addresses; those of modules are not the kernel's.
     *
     * <p>Addresses are those of the link. A kernel with KASLR runs at a distance from them, which is the same for all symbols but those of
     * per-CPU variables and other absolute ones. In an Image that does not know where it was linked, addresses count from its first byte.
     *
     * <p>A vmlinux without such tables may have a {@code .symtab}, which a build makes them from: it is read then as that build would.
     *
     * @return empty if the kernel has neither (CONFIG_KALLSYMS)
     */
    public Optional<Kallsyms> kallsyms() {
        return kallsyms;
    }

    /**
     * What the kernel itself exports, as in the rows of its Module.symvers whose owner is {@code vmlinux}.
     *
     * @return empty if the kernel exports nothing (CONFIG_MODULES)
     */
    public Optional<ModuleSymvers> exports() {
        return exports;
    }
}
