package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.SymbolTable;

/**
 * Names the addresses of a running kernel and its modules as that kernel does in its messages: {@code sprint_symbol}, {@code %pS} and
 * {@code %pB} (kernel/kallsyms.c). Immutable.
 *
 * <p>A kernel's symbols may come from a list of the same boot, {@code /proc/kallsyms}, which has those of the modules; or from
 * elsewhere: an image, a System.map, a list of another boot. Then {@link #movedBy} says how far the kernel is from where they have it
 * (KASLR), and {@link #with} where its modules are.
 *
 * <p>Of a module that is only known by its symbols nothing says where its memories end. The last symbol is taken to end with the page of
 * the address, at most one page behind its own; the size is then the kernel's if code ends with that page, as it nearly always does.
 */
public final class KernelAddresses {
    private final KernelAreas kernel;
    private final long distance;
    private final ImmutableList<ModuleAddresses> modules;
    private final SymbolArea[] areas;

    private KernelAddresses(KernelAreas kernel, long distance, List<ModuleAddresses> modules, boolean isPlaced) {
        this.kernel = kernel;
        this.distance = distance;
        this.modules = ImmutableList.copyOf(modules);
        AreaMap map = new AreaMap();
        if (isPlaced) {
            kernel.image().forEach(area -> map.add(area.movedBy(distance)));
        }
        Set<String> names = new HashSet<>();
        for (ModuleAddresses module : modules) {
            if (!names.add(module.name())) {
                throw new IllegalArgumentException("module " + module.name() + " is given twice");
            }
            module.core()
                    .forEach(area -> map.add(area).ifPresent(other -> {
                        throw overlap(area, other);
                    }));
        }
        modules.forEach(module -> module.init().forEach(map::add));
        if (isPlaced && distance == 0) {
            kernel.modules().stream()
                    .filter(area -> !names.contains(area.module()))
                    .forEach(map::add);
        }
        areas = map.areas().toArray(SymbolArea[]::new);
    }

    private static IllegalArgumentException overlap(SymbolArea one, SymbolArea other) {
        return new IllegalArgumentException("module " + one.module() + " would be at 0x"
                + Long.toHexString(one.range().start()) + ", where "
                + (other.module().isEmpty() ? "the kernel" : "module " + other.module())
                + " is: are the sections those of this boot?");
    }

    /**
     * The addresses of a kernel by a list of its symbols, and of the modules that are in the list.
     *
     * @throws IllegalArgumentException if all addresses of the list are 0, as they are without the privilege to see them
     */
    public static KernelAddresses of(Kallsyms symbols) {
        return of(SymbolRows.of(symbols));
    }

    /**
     * The addresses of a kernel by a table of its symbols, and of the modules that are in the table.
     *
     * @throws IllegalArgumentException as above
     */
    public static KernelAddresses of(SymbolTable symbols) {
        return of(SymbolRows.of(symbols));
    }

    private static KernelAddresses of(SymbolRows rows) {
        boolean known = false;
        for (int row = 0; row < rows.size() && !known; row++) {
            known = rows.address(row) != 0;
        }
        if (!known && rows.size() > 0) {
            throw new IllegalArgumentException(
                    "all addresses are 0: the list was read without the privilege to see them (kernel.kptr_restrict)");
        }
        return new KernelAddresses(new KernelAreas(rows), 0, List.of(), true);
    }

    /**
     * The same kernel of another boot: its image is so many bytes further up, modulo 2<sup>64</sup>. Modules of its list are left out, for
     * they move by themselves; those that were {@linkplain #with given} stay.
     */
    public KernelAddresses movedBy(long bytes) {
        return new KernelAddresses(kernel, distance + bytes, modules, true);
    }

    /** The same where nothing tells where the image is: of the modules that were {@linkplain #with given} only. */
    KernelAddresses unplaced() {
        return new KernelAddresses(kernel, distance, modules, false);
    }

    /**
     * The same with more modules, instead of what the list may have of them.
     *
     * @throws IllegalArgumentException if one lies where the kernel is or another module that was given, or was given before
     */
    public KernelAddresses with(List<ModuleAddresses> others) {
        List<ModuleAddresses> more = new ArrayList<>(modules);
        more.addAll(others);
        return new KernelAddresses(kernel, distance, more, true);
    }

    /** How far the image has been {@linkplain #movedBy moved} up, modulo 2<sup>64</sup>. */
    public long distance() {
        return distance;
    }

    /** What the symbols show of the kernel's configuration, which the size of its modules depends on: CONFIG_KALLSYMS_ALL. */
    public KernelConfiguration configuration(KernelRelease release) {
        boolean hasCode = kernel.firstCode().isPresent();
        return new KernelConfiguration(
                Generation.of(release), hasCode ? Map.of("KALLSYMS_ALL", kernel.hasData() ? "y" : "n") : Map.of());
    }

    /** The symbol of an address, as {@code %pS} prints it; empty if it is neither the kernel's nor a known module's. */
    public Optional<SymbolAt> symbolAt(long address) {
        SymbolHit hit = new SymbolHit();
        return find(address, false, hit) ? Optional.of(hit.toSymbolAt(address)) : Optional.empty();
    }

    /**
     * The symbol of a return address, as {@code %pB} prints it: that of the byte before it. A function that calls one which does not return
     * may end with the call, and the address behind it is the next function's.
     */
    public Optional<SymbolAt> returnSymbolAt(long address) {
        SymbolHit hit = new SymbolHit();
        return find(address, true, hit) ? Optional.of(hit.toSymbolAt(address)) : Optional.empty();
    }

    /** Finds the symbol of an address, or of a return address. Allocates nothing. */
    boolean find(long address, boolean isReturn, SymbolHit hit) {
        long looked = isReturn ? address - 1 : address;
        int below = -1;
        int above = areas.length;
        while (above - below > 1) {
            int middle = (below + above) >>> 1;
            if (Long.compareUnsigned(areas[middle].range().start(), looked) <= 0) {
                below = middle;
            } else {
                above = middle;
            }
        }
        if (below < 0 || !areas[below].range().contains(looked) || !areas[below].find(looked, hit)) {
            return false;
        }
        hit.offset += address - looked;
        return true;
    }

    KernelAreas kernel() {
        return kernel;
    }
}
