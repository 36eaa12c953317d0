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
            version(0, 0, 0),
            ElfValidity.Checks.LINUX_6_1,
            LoadStage.TAINTS_FIRST,
            ExportTables.BY_LICENCE,
            Set.of(".data..ro_after_init", "__jump_table"),
            Trait.TWO_LAYOUTS,
            Trait.SAYS_SKIPPING,
            Trait.RECORDS_SPARE_A_PREFIX,
            Trait.SAYS_THROTTLING),
    /** Memory types instead of the two layouts (commit "module: replace module_layout with module_memory"). */
    LINUX_6_4(
            version(6, 4, 0),
            ElfValidity.Checks.LINUX_6_4,
            LoadStage.EXISTS_FIRST,
            ExportTables.BY_LICENCE,
            Set.of(".data..ro_after_init", "__jump_table"),
            Trait.DEBUGS_SOURCE_NAMES_AND_STACKS,
            Trait.COUNTS_ALLOCATIONS_PER_CPU),
    /** Other checks of the ELF file; in Debian's sources they are in 6.12.117, and not yet in 6.12.115. */
    LINUX_6_12_117(
            version(6, 12, 117),
            ElfValidity.Checks.LINUX_6_13,
            LoadStage.EXISTS_FIRST,
            ExportTables.BY_LICENCE,
            Set.of(".data..ro_after_init", "__jump_table"),
            Trait.DEBUGS_SOURCE_NAMES_AND_STACKS,
            Trait.COUNTS_ALLOCATIONS_PER_CPU),
    /**
     * One {@code __ksymtab} with {@code __kflagstab} beside it (merged for 7.1). The other differences of this row were seen in 7.2 and
     * not in 6.12; when between them each came is not known.
     */
    LINUX_7_1(
            version(7, 1, 0),
            ElfValidity.Checks.LINUX_7_1,
            LoadStage.EXISTS_FIRST,
            ExportTables.WITH_FLAGS,
            Set.of(".data..ro_after_init", "__jump_table", ".static_call_sites"),
            Trait.DEBUGS_SOURCE_NAMES_AND_STACKS,
            Trait.MARKS_ALL_RO_AFTER_INIT,
            Trait.RELOCATES_PER_CPU,
            Trait.LOCATES_RELOCATIONS,
            Trait.EXTENDED_VERSIONS,
            Trait.MODULE_NAMESPACES,
            Trait.KEEPS_EEXIST,
            Trait.SAYS_SUSPICIOUS_IN_ONE_LINE,
            Trait.KNOWS_ENABLE_AND_DISABLE);

    /** How a module's exports are kept. */
    enum ExportTables {
        /** {@code __ksymtab}, and {@code __ksymtab_gpl} for GPL-only symbols; {@code __kcrctab} and {@code __kcrctab_gpl} beside them. */
        BY_LICENCE(false, List.of("__ksymtab", "__ksymtab_gpl"), List.of()),
        /** {@code __ksymtab}, with a byte of flags for each in {@code __kflagstab}. */
        WITH_FLAGS(true, List.of("__ksymtab"), List.of("__ksymtab_gpl", "__kcrctab_gpl"));

        /** The sections with {@code struct kernel_symbol}; their CRCs are in {@code __kcrctab} + the rest of the name. */
        final List<String> sections;
        /** Whether there is a {@code __kflagstab}. */
        final boolean flags;
        /** Sections that older kernels had, and that are warned of. */
        final List<String> obsolete;

        ExportTables(boolean flags, List<String> sections, List<String> obsolete) {
            this.flags = flags;
            this.sections = sections;
            this.obsolete = obsolete;
        }
    }

    /** What a kernel does, or does not do. */
    private enum Trait {
        TWO_LAYOUTS,
        SAYS_SKIPPING,
        MARKS_ALL_RO_AFTER_INIT,
        RELOCATES_PER_CPU,
        LOCATES_RELOCATIONS,
        EXTENDED_VERSIONS,
        MODULE_NAMESPACES,
        KEEPS_EEXIST,
        SAYS_SUSPICIOUS_IN_ONE_LINE,
        RECORDS_SPARE_A_PREFIX,
        SAYS_THROTTLING,
        DEBUGS_SOURCE_NAMES_AND_STACKS,
        KNOWS_ENABLE_AND_DISABLE,
        COUNTS_ALLOCATIONS_PER_CPU
    }

    /** {@code CONSOLE_LOG_MAX}, later {@code PRINTKRB_RECORD_MAX}. */
    private static final int RECORD = 1024;

    /** {@code PREFIX_MAX}: what older kernels keep free for a line's time, and for its caller. */
    private static final int PREFIX = 32;

    private static final int PREFIX_WITH_CALLER = 48;

    private final List<Integer> since;
    private final ElfValidity.Checks elfChecks;
    private final List<LoadStage> formingStages;
    private final ExportTables exportTables;
    private final Set<String> roAfterInit;
    private final Set<Trait> traits;

    Generation(
            List<Integer> since,
            ElfValidity.Checks elfChecks,
            List<LoadStage> formingStages,
            ExportTables exportTables,
            Set<String> roAfterInit,
            Trait... traits) {
        this.since = since;
        this.elfChecks = elfChecks;
        this.formingStages = formingStages;
        this.exportTables = exportTables;
        this.roAfterInit = roAfterInit;
        this.traits = ImmutableSet.copyOf(traits);
    }

    private static List<Integer> version(int version, int patchlevel, int sublevel) {
        return List.of(version, patchlevel, sublevel);
    }

    /** The row of a kernel: the last one that is not newer than it. */
    public static Generation of(KernelRelease release) {
        Generation found = LINUX_6_1;
        for (Generation g : values()) {
            if (release.isAtLeast(g.since.get(0), g.since.get(1), g.since.get(2))) {
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

    /** What is wanted of a file. */
    ElfValidity.Checks elfChecks() {
        return elfChecks;
    }

    /** The steps up to the symbols, in their order. */
    List<LoadStage> formingStages() {
        return formingStages;
    }

    /** Whether {@code __version_ext_crcs} goes before {@code __versions}. */
    boolean hasExtendedVersions() {
        return traits.contains(Trait.EXTENDED_VERSIONS);
    }

    /** Whether namespaces that begin with {@code module:} name the modules that may use them, and cannot be imported. */
    boolean hasModuleNamespaces() {
        return traits.contains(Trait.MODULE_NAMESPACES);
    }

    /** Whether an init's EEXIST becomes EBUSY, so that EEXIST says that the module is there already. */
    boolean keepsEexist() {
        return traits.contains(Trait.KEEPS_EEXIST);
    }

    /** Whether a positive result of an init is told in one line. */
    boolean saysSuspiciousInOneLine() {
        return traits.contains(Trait.SAYS_SUSPICIOUS_IN_ONE_LINE);
    }

    /** Whether {@code /proc/kallsyms} shows GPL-only exports as exported: {@code is_exported} looks in the first table only. */
    boolean showsGplOnlyExports() {
        return exportTables == ExportTables.WITH_FLAGS;
    }

    /** Whether a relocation whose place is not zero is said to be skipped, which it is not (before 6.3). */
    public boolean saysSkipping() {
        return traits.contains(Trait.SAYS_SKIPPING);
    }

    /**
     * How many bytes there are for the per-CPU variables of all modules ({@code PERCPU_MODULE_RESERVE}, include/linux/percpu.h).
     *
     * @param profiling {@code CONFIG_MEM_ALLOC_PROFILING}: in 6.12 its counters were among them
     */
    long perCpuReserve(boolean profiling) {
        return profiling && traits.contains(Trait.COUNTS_ALLOCATIONS_PER_CPU) ? 64 << 10 : 8 << 10;
    }

    /** Whether it is said that a request for a module has to wait (before 6.4: then a semaphore took the place of a counter). */
    boolean saysThrottling() {
        return traits.contains(Trait.SAYS_THROTTLING);
    }

    /** Whether messages about relocations name the section and the index of the relocation. */
    public boolean locatesRelocations() {
        return traits.contains(Trait.LOCATES_RELOCATIONS);
    }

    /**
     * How many bytes a message may take in the log, its level and a NUL included: {@code LOG_LINE_MAX} of kernel/printk/printk.c, now
     * {@code PRINTKRB_RECORD_MAX} of kernel/printk/internal.h, which spares no room for the prefix (since 6.3 or 6.4).
     *
     * @param printkCaller whether the kernel has {@code CONFIG_PRINTK_CALLER}
     */
    int printkRecordSize(boolean printkCaller) {
        int prefix = printkCaller ? PREFIX_WITH_CALLER : PREFIX;
        return traits.contains(Trait.RECORDS_SPARE_A_PREFIX) ? RECORD - prefix : RECORD;
    }

    /** The letters of what dynamic debugging may show ({@code opt_array} in lib/dynamic_debug.c). */
    String dynamicDebugFlags() {
        return traits.contains(Trait.DEBUGS_SOURCE_NAMES_AND_STACKS) ? "pmfsltd_" : "pmflt_";
    }

    /** Whether {@code kstrtobool} also takes what begins with {@code e} (enable) and {@code d} (disable). */
    boolean knowsEnableAndDisable() {
        return traits.contains(Trait.KNOWS_ENABLE_AND_DISABLE);
    }
}
