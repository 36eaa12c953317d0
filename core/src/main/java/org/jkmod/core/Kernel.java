package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jkmod.symtab.AddressIndex;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;

/**
 * A simulated kernel, and the books that its module loader keeps. It runs no code of its own: what a module's init does, an
 * {@link InitExecutor} decides.
 *
 * <p>Safe for threads. Loads and unloads take turns where the kernel's hold {@code module_mutex}; the accessors never wait for them, and
 * see a module, its exports and its addresses from the moment on when it is {@link ModuleState#COMING}, until it has gone: all of it, or
 * nothing.
 */
public final class Kernel {
    /** {@code O_NONBLOCK} of delete_module(2), which changes nothing: a kernel never waits for a module to become unused. */
    public static final int O_NONBLOCK = 04000;
    /** {@code O_TRUNC} of delete_module(2): unload by force. */
    public static final int O_TRUNC = 01000;

    /** Whose exports are the kernel's own, in Module.symvers. */
    static final String VMLINUX = "vmlinux";

    private final KernelProfile profile;
    private final KernelLog log;
    private final KernelCommandLine commandLine;
    private final InitExecutor executor;
    private final ReentrantLock moduleMutex = new ReentrantLock();
    private final Condition moduleWait = moduleMutex.newCondition();
    private final Exports exports;
    /** The values of the kernel's own exports by row of the profile's. */
    private final long[] ownValues;

    private final KernelAddressSpace memory;
    private final ModuleNotifiers notifiers = new ModuleNotifiers();
    private final ModuleList modules = new ModuleList();

    private final ConcurrentMap<String, KernelModule> byName = new ConcurrentHashMap<>();
    private final KernelTaints taints;
    private final ModuleSignature signatures;
    private final ParameterFunctions parameterFunctions;
    private volatile boolean modulesDisabled;
    private volatile boolean sigEnforced;
    /** Lets tests fail a step. */
    private volatile Consumer<LoadStage> faults = stage -> {};

    private Kernel(KernelProfile profile, BootOptions options) {
        this.profile = profile;
        boolean caller = profile.configuration().isSet("PRINTK_CALLER", false);
        this.log = new KernelLog(options.clock(), profile.generation().printkRecordSize(caller));
        this.taints = new KernelTaints(profile, log);
        this.commandLine = KernelCommandLine.parse(options.commandLine(), profile.generation());
        this.executor = options.executor().orElseGet(() -> InitExecutor.none(profile.architecture()));
        this.signatures = new ModuleSignature(profile, name -> module(name).isPresent());
        this.modulesDisabled = commandLine.disabled();
        this.sigEnforced = commandLine.sigEnforce()
                || profile.config("MODULE_SIG_FORCE").map("y"::equals).orElse(false);
        this.memory = new KernelAddressSpace(profile, options, moduleMutex);
        this.exports = new Exports(profile.exports().names());
        this.ownValues = new long[profile.exports().size()];
        addKernelExports();
        this.parameterFunctions = ParameterFunctions.of(exports);
    }

    /** Boots a kernel without modules, whose clock stands still. */
    public static Kernel boot(KernelProfile profile) {
        return boot(profile, BootOptions.DEFAULT);
    }

    /** Boots a kernel without modules. */
    public static Kernel boot(KernelProfile profile, BootOptions options) {
        return new Kernel(profile, options);
    }

    /** The kernel's own exports; those whose address nobody knows get one each in the kernel's image, in the order of their rows. */
    private void addKernelExports() {
        ModuleSymvers rows = profile.exports();
        Kallsyms addresses = profile.addresses().orElse(null);
        long standIn = memory.image().start();
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.owner(i).equals(VMLINUX)) {
                continue;
            }
            long value = standIn;
            OptionalLong known = addresses == null ? OptionalLong.empty() : addressOf(addresses, rows.name(i));
            if (known.isPresent()) {
                value = known.getAsLong();
            } else {
                standIn += 16;
            }
            ownValues[i] = value;
            exports.add(i, value, crc(i), rows.gplOnly(i), rows.namespace(i), null);
        }
    }

    /** The address of a symbol of the kernel itself; a global one goes before a local one of the same name. */
    static OptionalLong addressOf(Kallsyms symbols, String name) {
        OptionalLong found = OptionalLong.empty();
        for (int i = symbols.first(name); i >= 0; i = symbols.next(i)) {
            if (symbols.module(i).isEmpty()) {
                if (symbols.global(i)) {
                    return OptionalLong.of(symbols.address(i));
                }
                if (found.isEmpty()) {
                    found = OptionalLong.of(symbols.address(i));
                }
            }
        }
        return found;
    }

    /** What the kernel was booted from. */
    public KernelProfile profile() {
        return profile;
    }

    /** What it has printed. */
    public KernelLog log() {
        return log;
    }

    /** The modules in the kernel's order: the one loaded last comes first. */
    public List<KernelModule> modules() {
        ImmutableList<KernelModule> all = modules.all();
        for (KernelModule module : all) {
            if (!module.isFormed()) {
                return all.stream().filter(KernelModule::isFormed).collect(ImmutableList.toImmutableList());
            }
        }
        return all;
    }

    /** The same with those that are still UNFORMED. */
    List<KernelModule> list() {
        return modules.all();
    }

    /** The module of a name, which is spelled with underscores. */
    public Optional<KernelModule> module(String name) {
        return Optional.ofNullable(byName.get(name)).filter(KernelModule::isFormed);
    }

    /** The memory of its modules. */
    public KernelAddressSpace memory() {
        return memory;
    }

    /** What taints the kernel. */
    public Set<Taint> taints() {
        return taints.all();
    }

    /** The exported symbol of a name, whoever exports it. */
    public Optional<KernelSymbol> symbol(String name) {
        return exports.published(name).map(Exports.Published::symbol).or(() -> ownSymbol(name));
    }

    private Optional<KernelSymbol> ownSymbol(String name) {
        ModuleSymvers rows = profile.exports();
        int row = rows.names().find(name);
        return row < 0 || !rows.owner(row).equals(VMLINUX)
                ? Optional.empty()
                : Optional.of(new KernelSymbol(
                        name, ownValues[row], crc(row), rows.gplOnly(row), rows.namespace(row), Optional.empty()));
    }

    private OptionalInt crc(int row) {
        return profile.hasModversions() ? OptionalInt.of(profile.exports().crc(row)) : OptionalInt.empty();
    }

    /**
     * Takes a reference on the module that exports a symbol ({@code symbol_get}); {@link KernelModule#put} of its owner gives it back.
     * The kernel's own symbols need none.
     *
     * @return empty if nobody exports it to everybody, or its module is not live
     */
    public Optional<KernelSymbol> symbolGet(String name) {
        Optional<Exports.Published> published = exports.published(name);
        return published.isEmpty()
                ? ownSymbol(name)
                : published
                        .filter(p -> p.owner().state() == ModuleState.LIVE
                                && p.owner().tryGet())
                        .map(Exports.Published::symbol);
    }

    /** The module whose memory an address lies in ({@code __module_address}). */
    public Optional<KernelModule> moduleAt(long address) {
        return modules().stream()
                .filter(m -> m.memory().values().stream()
                        .anyMatch(piece -> piece.type() != MemoryType.PERCPU
                                && piece.range().contains(address)))
                .findFirst();
    }

    /** An address as a symbol and a distance from it; of the kernel's own symbols only if their addresses are known. */
    public Optional<SymbolAt> symbolAt(long address) {
        Optional<KernelModule> module = moduleAt(address);
        if (module.isPresent()) {
            return module.get().symbols().find(module.get(), address);
        }
        return profile.addresses()
                .flatMap(symbols -> profile.addressIndex().flatMap(index -> kernelSymbolAt(symbols, index, address)));
    }

    private static Optional<SymbolAt> kernelSymbolAt(Kallsyms symbols, AddressIndex index, long address) {
        int position = index.floor(address);
        if (position < 0) {
            return Optional.empty();
        }
        int first = index.firstAlias(position);
        int symbol = index.id(first);
        long start = index.address(first);
        int behind = position + 1;
        long size = behind < index.size() ? index.address(behind) - start : 0;
        String module = symbols.module(symbol);
        return Optional.of(new SymbolAt(
                symbols.name(symbol),
                start,
                address - start,
                size,
                module.isEmpty() ? Optional.empty() : Optional.of(module)));
    }

    /**
     * Loads a module without parameters.
     *
     * @throws ModuleLoadException if the kernel refuses it
     */
    public KernelModule load(KernelObject object) {
        return load(object, LoadOptions.NONE);
    }

    /**
     * Loads a module ({@code finit_module(2)}).
     *
     * @throws ModuleLoadException if the kernel refuses it; nothing but messages and taints is left of it then
     */
    public KernelModule load(KernelObject object, LoadOptions options) {
        ModuleLoad load = begin(object, options);
        load.form();
        load.relocate();
        return load.run();
    }

    /** Begins a load, which is then done step by step. */
    public ModuleLoad begin(KernelObject object, LoadOptions options) {
        return ModuleLoad.begin(this, object, options);
    }

    /**
     * Says what {@link #load} would do, and everything that is wrong with the module, without loading it: the kernel, its messages and its
     * taints stay as they are. Nothing is run: an init is taken to succeed, unless it does nothing but return a constant.
     */
    public Verdict check(KernelObject object, LoadOptions options) {
        return ModuleLoad.check(this, object, options);
    }

    /**
     * Unloads a module ({@code delete_module(2)} with {@code O_NONBLOCK}).
     *
     * @throws NoSuchModuleException if there is none of that name: ENOENT
     * @throws ModuleInUseException if other modules or anybody else use it: EAGAIN, which is EWOULDBLOCK; if it is not live or permanent:
     *     EBUSY
     */
    public void unload(String name) {
        unload(name, O_NONBLOCK);
    }

    /**
     * Unloads a module ({@code delete_module(2)}).
     *
     * @param flags {@link #O_NONBLOCK}, {@link #O_TRUNC}
     * @throws NoSuchModuleException as {@link #unload(String)}
     * @throws ModuleInUseException as {@link #unload(String)}; with {@code O_TRUNC} neither references nor a missing exit keep a module,
     *     but the kernel is tainted then ({@code CONFIG_MODULE_FORCE_UNLOAD})
     */
    public void unload(String name, int flags) {
        KernelModule[] going = new KernelModule[1];
        locked(() -> going[0] = stop(name, flags));
        depart(going[0]);
    }

    /**
     * Unloads a module if it can be, is still the one of its name, and still to be unloaded when nobody can load or unload anything;
     * returns whether it is gone.
     */
    boolean unloadIf(KernelModule module, Predicate<KernelModule> wanted) {
        boolean[] going = new boolean[1];
        try {
            locked(() -> going[0] = module(module.name())
                            .filter(m -> m == module)
                            .filter(wanted)
                            .isPresent()
                    && stop(module.name(), O_NONBLOCK) == module);
        } catch (ModuleInUseException e) {
            return false;
        }
        if (going[0]) {
            depart(module);
        }
        return going[0];
    }

    /** {@code delete_module} from the state GOING on. */
    private void depart(KernelModule module) {
        try {
            if (module.exitAddress() != 0) {
                executor.exit(module, module.exitAddress());
            }
        } finally {
            try {
                tell(module, ModuleState.GOING);
            } finally {
                locked(() -> remove(module));
            }
        }
    }

    /** {@code delete_module} up to the state GOING. */
    private KernelModule stop(String name, int flags) {
        boolean force = (flags & O_TRUNC) != 0 && profile.isSet("MODULE_FORCE_UNLOAD");
        if (modulesDisabled) {
            throw new ModuleInUseException(Errno.EPERM, "the kernel takes no more modules, and lets none go");
        }
        KernelModule module = module(name).orElseThrow(() -> new NoSuchModuleException(name));
        if (!module.users().isEmpty()) {
            throw new ModuleInUseException(
                    Errno.EAGAIN, "Module " + name + " is in use by: " + String.join(" ", module.holders()));
        }
        if (module.state() != ModuleState.LIVE) {
            throw new ModuleInUseException(
                    Errno.EBUSY,
                    "Module " + name + " is " + module.state().shown().toLowerCase(Locale.ROOT));
        }
        if (module.isPermanent()) {
            if (!force) {
                throw new ModuleInUseException(
                        Errno.EBUSY, "Module " + name + " cannot be removed: it has an init and no exit");
            }
            taints.add(Taint.FORCED_RMMOD);
        }
        if (!module.tryRelease()) {
            if (!force) {
                throw new ModuleInUseException(Errno.EAGAIN, "Module " + name + " is in use");
            }
            taints.add(Taint.FORCED_RMMOD);
        }
        module.state(ModuleState.GOING);
        return module;
    }

    /** Takes and gives no more modules ({@code kernel.modules_disabled=1}); there is no way back. */
    public void disableModules() {
        modulesDisabled = true;
    }

    /** Whether the kernel takes and gives no more modules. */
    public boolean modulesDisabled() {
        return modulesDisabled;
    }

    /** Takes only modules with a good signature from here on ({@code /sys/module/module/parameters/sig_enforce}); there is no way back. */
    public void enforceSignatures() {
        sigEnforced = true;
    }

    /** Lets somebody hear of what becomes of modules ({@code register_module_notifier}). */
    public void addListener(ModuleListener listener) {
        notifiers.add(listener);
    }

    /** Lets somebody hear no more ({@code unregister_module_notifier}). */
    public void removeListener(ModuleListener listener) {
        notifiers.remove(listener);
    }

    /** {@code /proc/modules}: a line a module. */
    public List<String> procModules() {
        return modules().stream().map(KernelModule::procLine).toList();
    }

    /** The lines of {@code /proc/kallsyms}: the kernel's own symbols, where their addresses are known, then the modules'. */
    public List<String> kallsyms() {
        List<String> lines = new ArrayList<>();
        profile.addresses().ifPresent(symbols -> {
            for (int i = 0; i < symbols.size(); i++) {
                if (symbols.module(i).isEmpty()) {
                    lines.add(String.format("%016x %c %s", symbols.address(i), symbols.type(i), symbols.name(i)));
                }
            }
        });
        modules().forEach(module -> addKallsyms(module, lines));
        return lines;
    }

    /** {@code module_get_kallsym} and {@code s_show}: a symbol that is exported has an upper-case type. */
    private void addKallsyms(KernelModule module, List<String> lines) {
        for (ModuleKallsyms.Cursor symbol = module.symbols().cursor(); symbol.next(); ) {
            if (!symbol.hasName()) {
                continue;
            }
            String name = symbol.name();
            long address = symbol.address();
            boolean shown = exports.published(name)
                    .filter(p -> p.owner() == module && p.symbol().value() == address)
                    .filter(p -> !p.symbol().gplOnly() || profile.generation().showsGplOnlyExports())
                    .isPresent();
            char type = shown ? Character.toUpperCase(symbol.type()) : Character.toLowerCase(symbol.type());
            lines.add(String.format("%016x %c %s\t[%s]", address, type, name, module.name()));
        }
    }

    // What the steps of a load need. All of it is called with the lock held, but for what says otherwise.

    /** Runs something with the lock held. */
    void locked(Runnable action) {
        moduleMutex.lock();
        try {
            action.run();
            moduleWait.signalAll();
        } finally {
            moduleMutex.unlock();
        }
    }

    Exports exports() {
        return exports;
    }

    KernelTaints tainting() {
        return taints;
    }

    ModuleSignature signatures() {
        return signatures;
    }

    KernelCommandLine commandLine() {
        return commandLine;
    }

    /** How far the kernel is locked down; nothing but the command line does it here, and only if the kernel can be. */
    Lockdown lockdown() {
        return profile.isSet("SECURITY_LOCKDOWN_LSM") ? commandLine.lockdown() : Lockdown.NONE;
    }

    /** {@code security_locked_down}: of what it forbids, it speaks; the only process there is, is init. */
    boolean isLockedDown(String what, KernelLog to) {
        if (lockdown() == Lockdown.NONE) {
            return false;
        }
        to.print(KernelLog.NOTICE, "Lockdown: init: " + what + "; see man kernel_lockdown.7");
        return true;
    }

    /** The kernel's own functions for parameters. */
    ParameterFunctions parameterFunctions() {
        return parameterFunctions;
    }

    InitExecutor executor() {
        return executor;
    }

    boolean sigEnforced() {
        return sigEnforced;
    }

    Consumer<LoadStage> faults() {
        return faults;
    }

    void faults(Consumer<LoadStage> value) {
        faults = value;
    }

    /** The notifiers hear of a module. Needs no lock. */
    void tell(KernelModule module, ModuleState state) {
        if (state == ModuleState.COMING) {
            notifiers.coming(module);
        } else {
            notifiers.tell(module, state);
        }
    }

    /** Waits until a module is not COMING any more; false if that takes too long. */
    boolean awaitNotComing(KernelModule module, long nanos) {
        long left = nanos;
        try {
            while (module.state() == ModuleState.COMING) {
                if (left <= 0) {
                    return false;
                }
                left = moduleWait.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * {@code module_patient_check_exists}: a module of a name is not there. Whoever had to wait for one to be loaded is refused in any
     * case, also if it is gone then: the kernel does not try the same again right away.
     *
     * @param patient whether to wait for one that is still being loaded ({@code finished_loading})
     */
    void checkNotLoaded(String name, boolean patient) {
        KernelModule old = byName.get(name);
        boolean waited = false;
        while (patient && old != null && (old.state() == ModuleState.UNFORMED || old.state() == ModuleState.COMING)) {
            waited = true;
            moduleWait.awaitUninterruptibly();
            old = byName.get(name);
        }
        if (old == null && !waited) {
            return;
        }
        boolean live = old != null && old.state() == ModuleState.LIVE;
        String busy =
                waited ? "a module of that name was being loaded, and failed" : "one of that name is coming or going";
        throw new LoadProblem(
                Problem.Kind.DUPLICATE_MODULE,
                live ? Errno.EEXIST : Errno.EBUSY,
                "",
                live ? "a module of that name is loaded already" : busy,
                waited && !live ? "try again" : "unload it first");
    }

    /** {@code add_unformed_module}: the module holds a reference to itself until it is live. */
    void add(KernelModule module) {
        module.hold();
        byName.put(module.name(), module);
        modules.add(module);
    }

    /** {@code free_module}: takes a module out of all books. */
    void remove(KernelModule module) {
        module.unformed();
        for (ModuleUse use : module.uses()) {
            use.target().removeUser(use);
            use.target().drop();
        }
        module.clearUses();
        for (int id : module.exports) {
            exports.remove(id);
        }
        module.exports = new int[0];
        modules.remove(module);
        byName.remove(module.name(), module);
        module.memory().values().forEach(memory.allocator()::free);
    }

    /** {@code do_free_init}. */
    void freeInit(KernelModule module) {
        module.memory().values().stream().filter(piece -> piece.type().isInit()).forEach(memory.allocator()::free);
        module.freeInit();
    }

    /** The end of {@code do_init_module}: the first reference goes, and so does init's memory. */
    void dropInit(KernelModule module) {
        if (!modules.contains(module)) {
            // unloaded by force meanwhile, by a listener or another thread: all its memory is gone
            return;
        }
        module.drop();
        freeInit(module);
    }
}
