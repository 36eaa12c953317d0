package org.jkmod.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * All of a kernel's state but messages and taints, to be compared with a later one.
 *
 * @param modules a line a module: state, references, taints, arguments, who uses whom
 * @param symbols who exports what, of the names that were asked for
 * @param allocated bytes of the module region, of code blocks that are unused, and of per-CPU areas
 * @param holes where pieces of various sizes would be put
 * @param procModules /proc/modules
 * @param kallsyms /proc/kallsyms
 * @param memory what is in each memory: base, size, and a hash of the content
 */
public record KernelSnapshot(
        List<String> modules,
        Map<String, Optional<KernelSymbol>> symbols,
        List<Long> allocated,
        List<OptionalLong> holes,
        List<String> procModules,
        List<String> kallsyms,
        Map<String, String> memory) {

    /**
     * Takes one.
     *
     * @param objects modules, loaded or not: what they export and import is asked for, besides the exports of the profile
     */
    public static KernelSnapshot of(Kernel kernel, KernelObject... objects) {
        TreeSet<String> names = new TreeSet<>();
        for (int i = 0; i < kernel.profile().exports().size(); i++) {
            names.add(kernel.profile().exports().name(i));
        }
        for (KernelObject object : objects) {
            object.exports().forEach(e -> names.add(e.name()));
            object.imports().forEach(i -> names.add(i.name()));
        }
        Map<String, Optional<KernelSymbol>> symbols = new TreeMap<>();
        names.forEach(name -> symbols.put(name, kernel.symbol(name)));
        List<String> modules = new ArrayList<>();
        Map<String, String> memory = new LinkedHashMap<>();
        for (KernelModule module : kernel.list()) {
            modules.add(String.join(
                    " ",
                    module.name(),
                    module.state().name(),
                    "references=" + module.references(),
                    "taints=" + module.taints(),
                    "arguments=" + module.arguments(),
                    "uses=" + module.uses(),
                    "users=" + module.users(),
                    "sections=" + module.sections(),
                    "found="
                            + kernel.module(module.name())
                                    .filter(m -> m == module)
                                    .isPresent()));
            module.memory()
                    .forEach((type, piece) -> memory.put(
                            module.name() + " " + type,
                            Long.toHexString(piece.base()) + " " + piece.size() + " "
                                    + Arrays.hashCode(piece.array())));
        }
        List<Long> allocated = new ArrayList<>();
        List<OptionalLong> holes = new ArrayList<>();
        MemoryAccounting accounting = kernel.memory().accounting();
        allocated.add(accounting.allocated());
        allocated.add(accounting.codeBlocksUnused());
        allocated.add(accounting.perCpuSize() - accounting.perCpuFree());
        VmallocRegion region = kernel.memory().allocator().region();
        Stream.of(1L, 0x1001L, 0x2001L, 0x8001L, 0x10_0001L)
                .map(size -> fit(region, size))
                .forEach(holes::add);
        return new KernelSnapshot(modules, symbols, allocated, holes, kernel.procModules(), kernel.kallsyms(), memory);
    }

    private static OptionalLong fit(VmallocRegion space, long size) {
        OptionalLong address = space.allocate(size);
        address.ifPresent(a -> space.free(a, size));
        return address;
    }
}
