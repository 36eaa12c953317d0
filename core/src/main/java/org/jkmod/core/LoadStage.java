package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** The steps of a load that may end it, each named for the kernel's function; a {@link Generation} has them in its order. */
enum LoadStage {
    /** {@code module_sig_check}. */
    SIGNATURE,
    /** {@code elf_validity_check}, {@code elf_validity_cache_copy}, {@code setup_load_info}. */
    ELF_VALIDITY,
    /** {@code blacklisted}. */
    BLACKLIST,
    /** {@code check_modstruct_version}. */
    MODULE_LAYOUT_VERSION,
    /** The beginning of {@code check_modinfo}. */
    VERMAGIC,
    /** {@code check_modinfo_livepatch}. */
    LIVEPATCH,
    /** {@code module_patient_check_exists}, before anything is laid out. */
    EXISTS,
    /** The taints of {@code check_modinfo}, before 6.4. */
    EARLY_TAINTS,
    /** {@code module_frob_arch_sections}. */
    FROB_ARCH_SECTIONS,
    /** {@code module_enforce_rwx_sections}. */
    ENFORCE_RWX_SECTIONS,
    /** {@code layout_sections}, {@code layout_symtab}, {@code move_module}. */
    MOVE_MODULE,
    /** {@code add_unformed_module}. */
    ADD_UNFORMED_MODULE,
    /** {@code module_augment_kernel_taints}; before 6.4 what is done of it after {@code add_unformed_module}. */
    TAINTS,
    /** {@code percpu_modalloc}. */
    PERCPU_MODALLOC,
    /** {@code find_module_sections}. */
    FIND_MODULE_SECTIONS,
    /** {@code check_module_license_and_versions}, {@code check_export_symbol_versions}, {@code check_export_symbol_sections}. */
    EXPORT_SECTIONS,
    /** {@code setup_modinfo}. */
    SETUP_MODINFO,
    /** {@code simplify_symbols}. */
    SIMPLIFY_SYMBOLS,
    /** {@code apply_relocations}. */
    APPLY_RELOCATIONS,
    /** {@code complete_formation}. */
    COMPLETE_FORMATION,
    /** {@code prepare_coming_module}: the notifiers. */
    PREPARE_COMING_MODULE,
    /** {@code parse_args}. */
    PARSE_ARGS,
    /** {@code mod_sysfs_setup}. */
    SYSFS_SETUP,
    /** {@code do_init_module}. */
    INIT;

    /** Before 6.4: taints come before it is asked whether the module is there already. */
    static final List<LoadStage> TAINTS_FIRST = ImmutableList.of(
            SIGNATURE,
            ELF_VALIDITY,
            BLACKLIST,
            MODULE_LAYOUT_VERSION,
            VERMAGIC,
            EARLY_TAINTS,
            FROB_ARCH_SECTIONS,
            ENFORCE_RWX_SECTIONS,
            MOVE_MODULE,
            ADD_UNFORMED_MODULE,
            TAINTS,
            PERCPU_MODALLOC,
            FIND_MODULE_SECTIONS,
            EXPORT_SECTIONS,
            SETUP_MODINFO,
            SIMPLIFY_SYMBOLS);

    /** From 6.4 on: a module that is there already costs nothing. */
    static final List<LoadStage> EXISTS_FIRST = ImmutableList.of(
            SIGNATURE,
            ELF_VALIDITY,
            BLACKLIST,
            MODULE_LAYOUT_VERSION,
            VERMAGIC,
            LIVEPATCH,
            EXISTS,
            FROB_ARCH_SECTIONS,
            ENFORCE_RWX_SECTIONS,
            MOVE_MODULE,
            ADD_UNFORMED_MODULE,
            TAINTS,
            PERCPU_MODALLOC,
            FIND_MODULE_SECTIONS,
            EXPORT_SECTIONS,
            SETUP_MODINFO,
            SIMPLIFY_SYMBOLS);
}
