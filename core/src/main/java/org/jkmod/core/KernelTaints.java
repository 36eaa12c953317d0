package org.jkmod.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What taints the kernel, and what it says when a module does. Guarded by the kernel's module_mutex, but for {@link #all}. */
final class KernelTaints {
    private final KernelProfile profile;
    private final KernelLog log;
    private volatile Set<Taint> taints = Set.of();
    /** Said once a boot, whatever is loaded ({@code pr_notice_once}). */
    private boolean saidUnsigned;
    /** Said once a boot, too ({@code __debug_locks_off}). */
    private boolean lockDebuggingOff;

    KernelTaints(KernelProfile profile, KernelLog log) {
        this.profile = profile;
        this.log = log;
    }

    /** All taints so far. */
    Set<Taint> all() {
        return taints;
    }

    /** {@code module_augment_kernel_taints}. */
    void addAll(KernelModule module, KernelObject object, boolean forced) {
        Modinfo modinfo = object.modinfo();
        boolean wasProprietary = taints.contains(Taint.PROPRIETARY_MODULE);
        if (forced) {
            module.taint(Taint.FORCED_MODULE);
        }
        if (modinfo.first("intree").isEmpty()) {
            if (!taints.contains(Taint.OOT_MODULE)) {
                log.print(KernelLog.WARNING, module.name() + ": loading out-of-tree module taints kernel.");
            }
            add(module, Taint.OOT_MODULE);
        }
        if (modinfo.first("staging").isPresent()) {
            add(module, Taint.CRAP);
            log.print(
                    KernelLog.WARNING,
                    module.name()
                            + ": module is from the staging directory, the quality is unknown, you have been warned.");
        }
        if (modinfo.first("livepatch").isPresent()) {
            add(module, Taint.LIVEPATCH);
        }
        String license = modinfo.first("license").orElse("unspecified");
        if (!isGplCompatible(license)) {
            if (!wasProprietary) {
                log.print(KernelLog.WARNING, module.name() + ": module license '" + license + "' taints kernel.");
            }
            add(module, Taint.PROPRIETARY_MODULE);
        }
        if (modinfo.first("test").isPresent()) {
            if (!taints.contains(Taint.TEST)) {
                log.print(KernelLog.WARNING, module.name() + ": loading test module taints kernel.");
            }
            add(module, Taint.TEST);
        }
        if (profile.checksSignatures() && !object.isSigned()) {
            if (!saidUnsigned) {
                saidUnsigned = true;
                log.print(
                        KernelLog.NOTICE,
                        module.name()
                                + ": module verification failed: signature and/or required key missing - tainting kernel");
            }
            add(module, Taint.UNSIGNED_MODULE);
        }
        if (!wasProprietary
                && taints.contains(Taint.PROPRIETARY_MODULE)
                && profile.generation().saysLicenseTaints()) {
            log.print(KernelLog.WARNING, module.name() + ": module license taints kernel.");
        }
    }

    /** {@code try_to_force_load}, but for the taint of the module itself. */
    void forceLoad(String module, String reason) {
        if (!taints.contains(Taint.FORCED_MODULE)) {
            log.print(KernelLog.WARNING, module + ": " + reason + ": kernel tainted.");
        }
        add(Taint.FORCED_MODULE);
    }

    private void add(KernelModule module, Taint taint) {
        add(taint);
        module.taint(taint);
    }

    /** {@code add_taint}. */
    private void add(Taint taint) {
        if (!lockDebuggingOff && (taint == Taint.FORCED_MODULE || taint == Taint.PROPRIETARY_MODULE)) {
            lockDebuggingOff = true;
            log.print(KernelLog.WARNING, "Disabling lock debugging due to kernel taint");
        }
        EnumSet<Taint> more = EnumSet.of(taint);
        more.addAll(taints);
        taints = Collections.unmodifiableSet(more);
    }

    /** {@code license_is_gpl_compatible} (include/linux/license.h). */
    private static boolean isGplCompatible(String license) {
        return switch (license) {
            case "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" -> true;
            default -> false;
        };
    }
}
