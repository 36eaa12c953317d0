package org.jkmod.core;

import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Set;

/**
 * What differs between kernel versions, a row a version in which something changed. The steps of a load ask the row; none of them asks
 * for a version.
 */
public enum Generation {
    /** Core and init layouts; {@code __ksymtab} and {@code __ksymtab_gpl}. */
    LINUX_6_1(
            0,
            0,
            ExportTables.BY_LICENCE,
            Set.of(".data..ro_after_init", "__jump_table"),
            Trait.TWO_LAYOUTS,
            Trait.SAYS_SKIPPING),
    /** Memory types instead of the two layouts (commit "module: replace module_layout with module_memory"). */
    LINUX_6_4(
            6,
            4,
            ExportTables.BY_LICENCE,
            Set.of(".data..ro_after_init", "__jump_table"),
            Trait.CHECKS_THIS_MODULE_SIZE,
            Trait.SAYS_LICENSE_TAINTS),
    /**
     * One {@code __ksymtab} with {@code __kflagstab} beside it (merged for 7.1). The other differences of this row were seen in 7.2 and
     * not in 6.12; when between them each came is not known.
     */
    LINUX_7_1(
            7,
            1,
            ExportTables.WITH_FLAGS,
            Set.of(".data..ro_after_init", "__jump_table", ".static_call_sites"),
            Trait.CHECKS_THIS_MODULE_SIZE,
            Trait.SAYS_LICENSE_TAINTS,
            Trait.MARKS_ALL_RO_AFTER_INIT,
            Trait.RELOCATES_PER_CPU,
            Trait.LOCATES_RELOCATIONS);

    /** How a module's exports are kept. */
    enum ExportTables {
        /** {@code __ksymtab}, and {@code __ksymtab_gpl} for GPL-only symbols; {@code __kcrctab} and {@code __kcrctab_gpl} beside them. */
        BY_LICENCE("__ksymtab", "__ksymtab_gpl"),
        /** {@code __ksymtab}, with a byte of flags for each in {@code __kflagstab}. */
        WITH_FLAGS("__ksymtab");

        /** The sections with {@code struct kernel_symbol}; their CRCs are in {@code __kcrctab} + the rest of the name. */
        final List<String> sections;

        ExportTables(String... sections) {
            this.sections = List.of(sections);
        }
    }

    /** What a kernel does, or does not do. */
    private enum Trait {
        TWO_LAYOUTS,
        SAYS_SKIPPING,
        CHECKS_THIS_MODULE_SIZE,
        SAYS_LICENSE_TAINTS,
        MARKS_ALL_RO_AFTER_INIT,
        RELOCATES_PER_CPU,
        LOCATES_RELOCATIONS
    }

    private final int version;
    private final int patchlevel;
    private final ExportTables exportTables;
    private final Set<String> roAfterInit;
    private final Set<Trait> traits;

    Generation(int version, int patchlevel, ExportTables exportTables, Set<String> roAfterInit, Trait... traits) {
        this.version = version;
        this.patchlevel = patchlevel;
        this.exportTables = exportTables;
        this.roAfterInit = roAfterInit;
        this.traits = ImmutableSet.copyOf(traits);
    }

    /** The row of a kernel: the last one that is not newer than it. */
    public static Generation of(KernelRelease release) {
        Generation found = LINUX_6_1;
        for (Generation g : values()) {
            if (release.isAtLeast(g.version, g.patchlevel)) {
                found = g;
            }
        }
        return found;
    }

    /** How exports are kept. */
    ExportTables exportTables() {
        return exportTables;
    }

    /** Names of the sections that become read-only once init has run ({@code module_mark_ro_after_init}). */
    Set<String> roAfterInit() {
        return roAfterInit;
    }

    /** Whether memory is a core and an init layout, rather than one area a memory type (before 6.4). */
    boolean hasTwoLayouts() {
        return traits.contains(Trait.TWO_LAYOUTS);
    }

    /** Whether every section of a name in {@link #roAfterInit} counts, rather than only the first. */
    boolean marksAllRoAfterInitSections() {
        return traits.contains(Trait.MARKS_ALL_RO_AFTER_INIT);
    }

    /** Whether the relocations of {@code .data..percpu} are applied: older kernels skip them, having cleared its SHF_ALLOC. */
    boolean relocatesPerCpu() {
        return traits.contains(Trait.RELOCATES_PER_CPU);
    }

    /** Whether a module is refused whose {@code struct module} has not the kernel's size; before, its version had to tell. */
    boolean checksThisModuleSize() {
        return traits.contains(Trait.CHECKS_THIS_MODULE_SIZE);
    }

    /** Whether "module license taints kernel" is printed also after the message that names the licence. */
    boolean saysLicenseTaints() {
        return traits.contains(Trait.SAYS_LICENSE_TAINTS);
    }

    /** Whether {@code /proc/kallsyms} shows GPL-only exports as exported: {@code is_exported} looks in the first table only. */
    boolean showsGplOnlyExports() {
        return exportTables == ExportTables.WITH_FLAGS;
    }

    /** Whether a relocation whose place is not zero is said to be skipped, which it is not (before 6.3). */
    public boolean saysSkipping() {
        return traits.contains(Trait.SAYS_SKIPPING);
    }

    /** Whether messages about relocations name the section and the index of the relocation. */
    public boolean locatesRelocations() {
        return traits.contains(Trait.LOCATES_RELOCATIONS);
    }
}
