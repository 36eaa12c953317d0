package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
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
import java.util.function.LongSupplier;
import org.jkmod.symtab.AddressIndex;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;

/**
 * A simulated kernel, and the books that its module loader keeps. It runs no code: a module's init is taken to succeed.
 *
 * <p>Safe for threads. Loads and unloads take turns where the kernel's hold {@code module_mutex}; the accessors never wait for them.
 */
public final class Kernel {
    private final KernelProfile profile;
    private final KernelLog log;
    private final ReentrantLock moduleMutex = new ReentrantLock();
    private final Condition moduleWait = moduleMutex.newCondition();
    private final Exports exports = new Exports();
    private final List<KernelAddressSpace> moduleSpaces;
    private final KernelAddressSpace perCpuSpace;
    /** The newest first, as in the kernel's list. */
    private volatile ImmutableList<KernelModule> modules = ImmutableList.of();

    private final ConcurrentMap<String, KernelModule> byName = new ConcurrentHashMap<>();
    private final KernelTaints taints;

    private Kernel(KernelProfile profile, LongSupplier clock) {
        this.profile = profile;
        this.log = new KernelLog(clock);
        this.taints = new KernelTaints(profile, log);
        int pageSize = profile.architecture().pageSize();
        this.moduleSpaces = profile.architecture().facts().moduleRegions().stream()
                .map(region -> new KernelAddressSpace(region, pageSize))
                .toList();
        this.perCpuSpace = new KernelAddressSpace(profile.architecture().facts().perCpuRegion(), pageSize);
        addKernelExports();
    }

    /** Boots a kernel without modules, whose clock stands still. */
    public static Kernel boot(KernelProfile profile) {
        return boot(profile, () -> 0);
    }

    /**
     * Boots a kernel without modules.
     *
     * @param clock microseconds since boot, for the messages
     */
    public static Kernel boot(KernelProfile profile, LongSupplier clock) {
        return new Kernel(profile, clock);
    }

    /** The kernel's own exports; those whose address nobody knows get one each in the kernel's image, in the order of their rows. */
    private void addKernelExports() {
        ModuleSymvers rows = profile.exports();
        boolean crcs = profile.hasModversions();
        long standIn = profile.architecture().facts().kernelImage().start();
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.owner(i).equals("vmlinux")) {
                continue;
            }
            String name = rows.name(i);
            long value = standIn;
            OptionalLong known =
                    profile.addresses().map(a -> addressOf(a, name)).orElse(OptionalLong.empty());
            if (known.isPresent()) {
                value = known.getAsLong();
            } else {
                standIn += 16;
            }
            exports.add(
                    exports.intern(name),
                    value,
                    crcs ? OptionalInt.of(rows.crc(i)) : OptionalInt.empty(),
                    rows.gplOnly(i),
                    rows.namespace(i),
                    null);
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
        return modules;
    }

    /** The module of a name, which is spelled with underscores. */
    public Optional<KernelModule> module(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** What taints the kernel. */
    public Set<Taint> taints() {
        return taints.all();
    }

    /** The exported symbol of a name, whoever exports it. */
    public Optional<KernelSymbol> symbol(String name) {
        moduleMutex.lock();
        try {
            int id = exports.find(name);
            return id == Exports.NOT_FOUND ? Optional.empty() : Optional.of(exports.symbol(id));
        } finally {
            moduleMutex.unlock();
        }
    }

    /** The module whose memory an address lies in ({@code __module_address}). */
    public Optional<KernelModule> moduleAt(long address) {
        return modules.stream()
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
        return profile.addresses().flatMap(symbols -> kernelSymbolAt(symbols, address));
    }

    private static Optional<SymbolAt> kernelSymbolAt(Kallsyms symbols, long address) {
        AddressIndex index = symbols.addressIndex();
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

    /**
     * Begins a load, which is then done step by step.
     *
     * @throws ModuleLoadException if the file is none that this kernel takes
     */
    public ModuleLoad begin(KernelObject object, LoadOptions options) {
        return ModuleLoad.begin(this, object, options);
    }

    /**
     * Unloads a module ({@code delete_module(2)} with {@code O_NONBLOCK}).
     *
     * @throws NoSuchModuleException if there is none of that name
     * @throws ModuleInUseException if it is in use, not live, or permanent
     */
    public void unload(String name) {
        locked(() -> {
            KernelModule module = module(name)
                    .filter(m -> m.state() != ModuleState.UNFORMED)
                    .orElseThrow(() -> new NoSuchModuleException(name));
            if (!module.users().isEmpty()) {
                StringBuilder by = new StringBuilder();
                module.users().forEach(use -> by.append(' ').append(use.source().name()));
                throw new ModuleInUseException(Errno.EAGAIN, "Module " + name + " is in use by:" + by);
            }
            if (module.state() != ModuleState.LIVE || module.isPermanent()) {
                throw new ModuleInUseException(
                        Errno.EBUSY,
                        module.isPermanent()
                                ? "Module " + name + " cannot be removed: it has an init and no exit"
                                : "Module " + name + " is "
                                        + module.state().shown().toLowerCase(Locale.ROOT));
            }
            if (module.references() != 0) {
                throw new ModuleInUseException(Errno.EAGAIN, "Module " + name + " is in use");
            }
            module.state(ModuleState.GOING);
            remove(module);
        });
    }

    /** {@code /proc/modules}: a line a module. */
    public List<String> procModules() {
        return modules.stream()
                .filter(m -> m.state() != ModuleState.UNFORMED)
                .map(KernelModule::procLine)
                .toList();
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
        moduleMutex.lock();
        try {
            for (KernelModule module : modules) {
                if (module.state() != ModuleState.UNFORMED) {
                    addKallsyms(module, lines);
                }
            }
        } finally {
            moduleMutex.unlock();
        }
        return lines;
    }

    /** {@code module_get_kallsym} and {@code s_show}: a symbol that is exported has an upper-case type. */
    private void addKallsyms(KernelModule module, List<String> lines) {
        for (ModuleKallsyms.Cursor symbol = module.symbols().cursor(); symbol.next(); ) {
            if (!symbol.hasName()) {
                continue;
            }
            String name = symbol.name();
            int id = exports.find(name);
            boolean exported = id >= 0 && exports.owner(id) == module && exports.value(id) == symbol.address();
            boolean shown =
                    exported && (!exports.isGplOnly(id) || profile.generation().showsGplOnlyExports());
            char type = shown ? Character.toUpperCase(symbol.type()) : Character.toLowerCase(symbol.type());
            lines.add(String.format("%016x %c %s\t[%s]", symbol.address(), type, name, module.name()));
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

    /** {@code strong_try_module_get} and {@code resolve_symbol_wait}: waits until a module is not COMING any more. */
    void awaitLive(KernelModule module) {
        while (module.state() == ModuleState.COMING) {
            moduleWait.awaitUninterruptibly();
        }
    }

    /**
     * {@code check_modstruct_version}: the module and the kernel mean the same by {@code struct module}. Returns whether the module is
     * let in by force.
     */
    boolean checkModuleLayoutVersion(KernelObject object, LoadOptions options, String name) {
        int id = exports.find("module_layout");
        if (!profile.hasModversions() || id < 0 || !exports.hasCrc(id)) {
            return false;
        }
        SymbolVersions versions =
                options.ignoreModversions() ? null : object.versions().orElse(null);
        if (versions == null) {
            taints.forceLoad(name, "module_layout");
            return true;
        }
        byte[] symbol = "module_layout".getBytes(StandardCharsets.US_ASCII);
        int entry = versions.find(symbol, 0, symbol.length, 0);
        if (entry < 0 || versions.crc(entry) != exports.crc(id)) {
            String message = versionMessage(name, "module_layout", entry < 0);
            log.print(KernelLog.WARNING, message);
            throw LoadProblem.printed(List.of(new Problem(
                    Problem.Kind.SYMBOL_VERSION,
                    Errno.ENOEXEC,
                    message,
                    "the module was built for a kernel with another struct module",
                    "build the module against this kernel")));
        }
        return false;
    }

    static String versionMessage(String module, String symbol, boolean missing) {
        return missing
                ? module + ": no symbol version for " + symbol
                : module + ": disagrees about version of symbol " + symbol;
    }

    void checkNotLoaded(String name) {
        if (module(name).isPresent()) {
            throw new LoadProblem(
                    Problem.Kind.DUPLICATE_MODULE,
                    Errno.EEXIST,
                    "",
                    "a module of that name is loaded already",
                    "unload it first");
        }
    }

    OptionalLong allocate(MemoryType type, long size) {
        for (KernelAddressSpace space : spaces(type)) {
            OptionalLong base = space.allocate(size);
            if (base.isPresent()) {
                return base;
            }
        }
        return OptionalLong.empty();
    }

    void free(ModuleMemory memory) {
        spaces(memory.type()).stream()
                .filter(space -> space.contains(memory.base()))
                .findFirst()
                .orElseThrow()
                .free(memory.base(), memory.size());
    }

    /** The address spaces that memory of a type comes from, the preferred one first. */
    List<KernelAddressSpace> spaces(MemoryType type) {
        return type == MemoryType.PERCPU ? List.of(perCpuSpace) : moduleSpaces;
    }

    long sizeInPages(long size) {
        return perCpuSpace.roundUp(size);
    }

    /** {@code add_unformed_module}: the module holds a reference to itself until it is live. */
    void add(KernelModule module) {
        module.reference(1);
        byName.put(module.name(), module);
        modules = ImmutableList.<KernelModule>builderWithExpectedSize(modules.size() + 1)
                .add(module)
                .addAll(modules)
                .build();
    }

    /** {@code free_module}: takes a module out of all books. */
    void remove(KernelModule module) {
        for (ModuleUse use : module.uses()) {
            use.target().removeUser(use);
            use.target().reference(-1);
        }
        module.clearUses();
        for (int id : module.exports) {
            exports.remove(id);
        }
        module.exports = new int[0];
        modules = modules.stream().filter(m -> m != module).collect(ImmutableList.toImmutableList());
        byName.remove(module.name());
        module.memory().values().forEach(this::free);
    }

    /** {@code do_free_init}. */
    void freeInit(KernelModule module) {
        module.memory().values().stream().filter(piece -> piece.type().isInit()).forEach(this::free);
        module.freeInit();
    }

    /** Prints what a failed load prints last, and makes its exception. Needs no lock. */
    ModuleLoadException failed(String module, LoadProblem failure) {
        for (Problem problem : failure.problems) {
            if (!failure.printed && !problem.message().isEmpty()) {
                log.print(KernelLog.ERR, problem.message());
            }
        }
        return new ModuleLoadException(module, failure.problems);
    }
}
