package org.jkmod.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What taints the kernel, and what it says when a module does. Guarded by the kernel's module_mutex, but for {@link #all}, {@link #add}
 * and a copy: parameters and warnings taint without it.
 */
final class KernelTaints {
    private final KernelProfile profile;
    private final KernelLog log;
    private volatile Set<Taint> taints = Set.of();
    /** Said once a boot, whatever is loaded ({@code pr_notice_once}). */
    private volatile boolean saidUnsigned;
    /** Said once a boot, too ({@code __debug_locks_off}). */
    private volatile boolean lockDebuggingOff;

    private volatile boolean saidLivepatch;
    private volatile boolean saidNoExtendedVersion;

    KernelTaints(KernelProfile profile, KernelLog log) {
        this.profile = profile;
        this.log = log;
    }

    /** The same taints, for a kernel that goes another way from here on. */
    KernelTaints(KernelTaints original, KernelLog log) {
        this(original.profile, log);
        this.taints = original.taints;
        this.saidUnsigned = original.saidUnsigned;
        this.lockDebuggingOff = original.lockDebuggingOff;
        this.saidLivepatch = original.saidLivepatch;
        this.saidNoExtendedVersion = original.saidNoExtendedVersion;
    }

    /** All taints so far. */
    Set<Taint> all() {
        return taints;
    }

    /**
     * Where {@code .modinfo} says that the module comes from ({@code check_modinfo} before 6.4, {@code module_augment_kernel_taints}
     * since, as for the next two).
     *
     * @param name what messages call the module
     * @param module told what taints the module itself
     */
    void addOrigin(String name, Modinfo modinfo, Consumer<Taint> module) {
        if (modinfo.first("intree").isEmpty()) {
            if (!taints.contains(Taint.OOT_MODULE)) {
                log.print(KernelLog.WARNING, name + ": loading out-of-tree module taints kernel.");
            }
            add(module, Taint.OOT_MODULE);
        }
        profile.architecture()
                .modinfoWarnings(name, modinfo, profile.configuration())
                .forEach(message -> log.print(message.level(), message.text()));
        if (modinfo.first("staging").isPresent()) {
            add(module, Taint.CRAP);
            log.print(
                    KernelLog.WARNING,
                    name + ": module is from the staging directory, the quality is unknown, you have been warned.");
        }
    }

    /** A livepatch. */
    void addLivepatch(String name, Modinfo modinfo, Consumer<Taint> module) {
        if (modinfo.first("livepatch").isPresent()) {
            add(module, Taint.LIVEPATCH);
            if (!saidLivepatch) {
                saidLivepatch = true;
                log.print(KernelLog.NOTICE, name + ": tainting kernel with TAINT_LIVEPATCH");
            }
        }
    }

    /** A licence that is not compatible with the GPL, and tests. */
    void addLicenseAndTest(String name, Modinfo modinfo, Consumer<Taint> module) {
        String license = modinfo.first("license").orElse("unspecified");
        if (!isGplCompatible(license)) {
            if (!taints.contains(Taint.PROPRIETARY_MODULE)) {
                log.print(KernelLog.WARNING, name + ": module license '" + license + "' taints kernel.");
            }
            add(module, Taint.PROPRIETARY_MODULE);
        }
        if (modinfo.first("test").isPresent()) {
            if (!taints.contains(Taint.TEST)) {
                log.print(KernelLog.WARNING, name + ": loading test module taints kernel.");
            }
            add(module, Taint.TEST);
        }
    }

    /** A module without a signature that is known to be good. */
    void addUnsigned(String name, Consumer<Taint> module) {
        if (!saidUnsigned) {
            saidUnsigned = true;
            log.print(
                    KernelLog.NOTICE,
                    name + ": module verification failed: signature and/or required key missing - tainting kernel");
        }
        add(module, Taint.UNSIGNED_MODULE);
    }

    /** Modules that say GPL and are known not to mean it. */
    void addOffenders(String name, Consumer<Taint> module) {
        if (name.equals("ndiswrapper")) {
            // loads proprietary modules, and is none: it may use GPL-only symbols
            add(Taint.PROPRIETARY_MODULE);
        }
        if (name.equals("driverloader") || name.equals("lve")) {
            add(module, Taint.PROPRIETARY_MODULE);
        }
    }

    /** Says that the licence taints the kernel, if it was not tainted by one before. */
    void sayLicense(String name, boolean wasProprietary) {
        if (!wasProprietary && isProprietary()) {
            log.print(KernelLog.WARNING, name + ": module license taints kernel.");
        }
    }

    boolean isProprietary() {
        return taints.contains(Taint.PROPRIETARY_MODULE);
    }

    /**
     * {@code try_to_force_load}: returns whether the kernel does it ({@code CONFIG_MODULE_FORCE_LOAD}).
     *
     * @param name what messages call the module
     * @param module told what taints the module itself
     */
    boolean forceLoad(String name, String reason, Consumer<Taint> module) {
        if (!profile.canForceLoad()) {
            return false;
        }
        if (!taints.contains(Taint.FORCED_MODULE)) {
            log.print(KernelLog.WARNING, name + ": " + reason + ": kernel tainted.");
        }
        add(module, Taint.FORCED_MODULE);
        return true;
    }

    /** {@code check_version} of a module with extended versions: said once a boot. */
    void sayNoExtendedVersion(String name, String symbol) {
        if (!saidNoExtendedVersion) {
            saidNoExtendedVersion = true;
            log.print(KernelLog.WARNING, name + ": no extended symbol version for " + symbol);
        }
    }

    private void add(Consumer<Taint> module, Taint taint) {
        add(taint);
        module.accept(taint);
    }

    /** {@code add_taint}. */
    synchronized void add(Taint taint) {
        if (!lockDebuggingOff && LOCKDEP_NOW_UNRELIABLE.contains(taint)) {
            lockDebuggingOff = true;
            log.print(KernelLog.WARNING, "Disabling lock debugging due to kernel taint");
        }
        EnumSet<Taint> more = EnumSet.of(taint);
        more.addAll(taints);
        taints = Collections.unmodifiableSet(more);
    }

    private static final List<Taint> LOCKDEP_NOW_UNRELIABLE =
            List.of(Taint.FORCED_MODULE, Taint.PROPRIETARY_MODULE, Taint.FORCED_RMMOD);

    /** {@code license_is_gpl_compatible} (include/linux/license.h). */
    static boolean isGplCompatible(String license) {
        return switch (license) {
            case "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" -> true;
            default -> false;
        };
    }
}
