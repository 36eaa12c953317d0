package org.jkmod.core;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jkmod.elf.MalformedInputException;

/**
 * Loads modules when something asks for them, and unloads those that nothing uses any more.
 *
 * <p><b>Requests</b> are {@code __request_module} (kernel/kmod.c of Linux 6.1, kernel/module/kmod.c since 6.4) and the modprobe(8) that it
 * runs, whose part a {@link ModuleFinder} plays. At most {@link #MAX_CONCURRENT} run at a time; who comes then waits for five seconds. A
 * module's init may request others.
 *
 * <p><b>Unloading</b> follows the kerneld of Linux 2.0 and 2.2; what follows is what the 2.2 sources say, and the header macros of both.
 * It loaded modules by {@code modprobe -k}, which
 * marks all that it loads MOD_AUTOCLEAN. {@code MOD_INC_USE_COUNT} and {@code MOD_DEC_USE_COUNT} (include/linux/module.h) set MOD_VISITED.
 * Every so often ({@link CleanPasses}) kerneld called delete_module(NULL), and {@code sys_delete_module} (kernel/module.c) went through
 * the list: of the modules that are AUTOCLEAN, running, in no module's use and of use count 0, those that were VISITED lost that mark, and
 * the others were unloaded. It began again until nothing was left to unload, for a module may become unused by that; such a one was
 * unloaded at once (MOD_JUST_FREED), since what had visited it was the module that has gone.
 *
 * <p>Two things differ. Linux 2.2 spares a module that nobody has ever used (MOD_USED_ONCE), which is not done here. And when
 * the kernel begins again, a module that has just lost its mark is unloaded in the same pass; here it has until the next one.
 *
 * <p>Safe for threads.
 */
public final class OnDemandModules {
    /** How many requests run at a time ({@code MAX_KMOD_CONCURRENT}). */
    public static final int MAX_CONCURRENT = 50;

    /** {@code MODULE_NAME_LEN}, with the NUL. */
    static final int NAME_SIZE = 64 - Long.BYTES;

    /** {@code MAX_KMOD_ALL_BUSY_TIMEOUT}. */
    private static final int BUSY_SECONDS = 5;

    /** What wait(2) says of a modprobe that has failed: its exit status 1 in the second byte. */
    private static final int FAILED = 1 << 8;

    private final Kernel kernel;
    private final ModuleFinder finder;
    private final long busyNanos;
    private final Semaphore concurrent = new Semaphore(MAX_CONCURRENT, true);
    /** The modules of requests that are running, and how many want each: no pass takes them away meanwhile. */
    private final ConcurrentMap<String, Integer> wanted = new ConcurrentHashMap<>();

    private volatile String modprobePath = "/sbin/modprobe";

    /** For a kernel, with the modules that a finder finds. */
    public OnDemandModules(Kernel kernel, ModuleFinder finder) {
        this(kernel, finder, TimeUnit.SECONDS.toNanos(BUSY_SECONDS));
    }

    /**
     * As above.
     *
     * @param busyNanos how long to wait when too many requests are running
     */
    OnDemandModules(Kernel kernel, ModuleFinder finder, long busyNanos) {
        this.kernel = kernel;
        this.finder = finder;
        this.busyNanos = busyNanos;
    }

    /** Sets {@code /proc/sys/kernel/modprobe}; an empty path turns requests off. Nothing else of it matters: the finder is what is run. */
    public void modprobePath(String path) {
        modprobePath = path;
    }

    /**
     * The kernel asks for a module ({@code request_module}). That it was loaded does not mean that it is still there.
     *
     * @param name of a module, or an alias
     * @return 0, also if all was loaded already; 256 if modprobe has ended with status 1: it knows no such module, or could not load it.
     *     Below 0 if modprobe was not run: -ENOENT if requests are turned off, -ENAMETOOLONG, -ETIME if too many requests were running
     *     for too long, -ERESTARTSYS if the thread was interrupted while it waited for that
     */
    public int requestModule(String name) {
        if (modprobePath.isEmpty()) {
            return -Errno.ENOENT.number();
        }
        if (name.length() >= NAME_SIZE) {
            return -Errno.ENAMETOOLONG.number();
        }
        int refused = enter(name);
        if (refused != 0) {
            return refused;
        }
        try {
            return modprobe(name);
        } finally {
            concurrent.release();
        }
    }

    /** Waits for its turn; returns 0, or an errno below 0. */
    private int enter(String name) {
        if (concurrent.tryAcquire()) {
            return 0;
        }
        boolean says = kernel.profile().generation().saysThrottling();
        if (says) {
            warn("kmod_concurrent_max (" + concurrent.availablePermits() + ") close to 0 (max_modprobes: "
                    + MAX_CONCURRENT + "), for module " + name + ", throttling...");
        }
        try {
            if (concurrent.tryAcquire(busyNanos, TimeUnit.NANOSECONDS)) {
                return 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (says) {
                warn("sigkill sent for modprobe " + name + ", giving up");
            }
            return -Errno.ERESTARTSYS.number();
        }
        warn("modprobe " + name + " cannot be processed, kmod busy with " + MAX_CONCURRENT + " threads for more than "
                + BUSY_SECONDS + " seconds now");
        return -Errno.ETIME.number();
    }

    /** {@code pr_warn_ratelimited}, without the limit: ten messages in five seconds. */
    private void warn(String message) {
        kernel.log().print(KernelLog.WARNING, "request_module: " + message);
    }

    /**
     * A device has come, or changed: loads the modules for it, as udev does ({@code RUN{builtin}+="kmod load"} of 80-drivers.rules) or the
     * older hotplug(8).
     *
     * @param properties of the event, as {@code MODALIAS=pci:v00008086d...}; an event with {@code ACTION=remove} asks for nothing
     * @return 0, or 256 if there is no module for it, or one could not be loaded
     */
    public int uevent(Map<String, String> properties) {
        String alias = properties.getOrDefault("MODALIAS", "");
        return alias.isEmpty() || "remove".equals(properties.get("ACTION")) ? 0 : modprobe(alias);
    }

    /** modprobe -k -q: loads what is not loaded, and returns what wait(2) says of it. */
    private int modprobe(String nameOrAlias) {
        List<List<ModuleFinder.Candidate>> found = finder.find(nameOrAlias);
        boolean failed = found.isEmpty();
        for (List<ModuleFinder.Candidate> chain : found) {
            List<String> names =
                    chain.stream().map(ModuleFinder.Candidate::name).toList();
            names.forEach(name -> wanted.merge(name, 1, Integer::sum));
            try {
                // the last module decides, as in modprobe
                failed = !chain.stream().allMatch(this::load);
            } finally {
                names.forEach(name -> wanted.computeIfPresent(name, (n, count) -> count == 1 ? null : count - 1));
            }
        }
        return failed ? FAILED : 0;
    }

    private boolean load(ModuleFinder.Candidate candidate) {
        boolean live = kernel.module(candidate.name())
                .filter(m -> m.state() == ModuleState.LIVE)
                .isPresent();
        if (live) {
            return true;
        }
        try {
            kernel.load(candidate.object().get()).autoclean(true);
            return true;
        } catch (ModuleLoadException e) {
            // somebody else was faster
            return e.errno() == Errno.EEXIST;
        } catch (MalformedInputException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * Unloads the modules that were loaded on demand, that nothing uses, and that nothing has used since the last pass; those that are
     * used by others after those. A module that was loaded by hand stays.
     *
     * @return the names of those that have gone, in that order
     */
    public synchronized List<String> cleanPass() {
        List<String> gone = new ArrayList<>();
        Set<KernelModule> spared = new HashSet<>();
        Set<KernelModule> justFreed = new HashSet<>();
        boolean again = true;
        while (again) {
            again = false;
            for (KernelModule module : kernel.modules()) {
                if (spared.contains(module) || !isUnused(module)) {
                    continue;
                }
                if (module.isVisited() && !justFreed.contains(module)) {
                    module.visited(false);
                    spared.add(module);
                    continue;
                }
                List<ModuleUse> uses = module.uses();
                if (kernel.unloadIf(module, m -> isUnused(m) && (!m.isVisited() || justFreed.contains(m)))) {
                    gone.add(module.name());
                    uses.stream()
                            .map(ModuleUse::target)
                            .filter(target -> target.users().isEmpty())
                            .forEach(justFreed::add);
                    again = true;
                }
            }
        }
        return gone;
    }

    private boolean isUnused(KernelModule module) {
        return module.isAutoclean()
                && module.state() == ModuleState.LIVE
                && module.users().isEmpty()
                && module.references() == 0
                && !wanted.containsKey(module.name());
    }
}
