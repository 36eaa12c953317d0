package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A module in a kernel's list ({@code struct module}; the prefix keeps it apart from {@link java.lang.Module}). What it says changes
 * with the module's life; every accessor gives a snapshot, and is safe for threads.
 */
public final class KernelModule {
    /**
     * A section in memory, as {@code /sys/module/NAME/sections} shows it.
     *
     * @param name its name
     * @param memory the memory that it is in
     * @param address its first address
     * @param size in bytes
     */
    public record LoadedSection(String name, MemoryType memory, long address, long size) {}

    /** What the kernel has made read-only before anything writes to a module's memory. */
    private static final Set<MemoryType> READ_ONLY =
            EnumSet.of(MemoryType.TEXT, MemoryType.RODATA, MemoryType.INIT_TEXT, MemoryType.INIT_RODATA);

    private final String name;
    private final Modinfo modinfo;
    private final String arguments;
    private volatile LoadedSections sections = LoadedSections.NONE;
    private volatile long initAddress;
    private volatile long exitAddress;
    private volatile Map<MemoryType, ModuleMemory> memory;
    private volatile ModuleState state = ModuleState.UNFORMED;
    private volatile ModuleKallsyms symbols = ModuleKallsyms.EMPTY;
    private volatile ImmutableList<ModuleUse> uses = ImmutableList.of();
    private volatile ImmutableList<ModuleUse> users = ImmutableList.of();
    /** {@code MODULE_REF_BASE}: 1 as long as the module may be used at all, and 1 more for each reference. */
    private final AtomicInteger refcnt = new AtomicInteger(1);

    private volatile Set<Taint> taints;
    private volatile int relocations;
    /** Set when all that a reader may see is there, and unset before the first of it goes. */
    private volatile boolean formed;

    private volatile boolean autoclean;
    private final AtomicBoolean visited = new AtomicBoolean();
    private volatile ImmutableList<ModuleParameter> parameters = ImmutableList.of();
    /** Rows of {@link Exports} that are this module's. */
    int[] exports = new int[0];

    boolean usesGplOnlySymbols;

    KernelModule(
            String name,
            Modinfo modinfo,
            String arguments,
            Set<Taint> taints,
            EnumMap<MemoryType, ModuleMemory> memory) {
        this.name = name;
        this.modinfo = modinfo;
        this.arguments = arguments;
        this.taints = Sets.immutableEnumSet(taints);
        this.memory = Maps.immutableEnumMap(memory);
        memory.values().forEach(piece -> piece.owner(this));
    }

    /** The module's name. */
    public String name() {
        return name;
    }

    /** Where it is in its life. */
    public ModuleState state() {
        return state;
    }

    /** What its {@code .modinfo} says. */
    public Modinfo modinfo() {
        return modinfo;
    }

    /** The parameters that it was loaded with, as they were given. */
    public String arguments() {
        return arguments;
    }

    /**
     * Its parameters in the order of its {@code __param} table, with the values that they have once the arguments are set and before
     * init runs; none before that, and of a module that never came so far.
     */
    public List<ModuleParameter> parameters() {
        return parameters;
    }

    /**
     * How many references keep it from being unloaded ({@code module_refcount}): one a module that uses it, and one while it is
     * {@link ModuleState#COMING}; -1 once it is going away.
     */
    public int references() {
        return refcnt.get() - 1;
    }

    /**
     * Takes a reference ({@code try_module_get}), which {@link #put} gives back. Until then the module is not unloaded.
     *
     * @return false if the module is going away: then nothing was taken
     */
    public boolean tryGet() {
        if (state == ModuleState.GOING) {
            return false;
        }
        int before = refcnt.get();
        while (before != 0 && !refcnt.compareAndSet(before, before + 1)) {
            before = refcnt.get();
        }
        if (before == 0) {
            return false;
        }
        visited.set(true);
        return true;
    }

    /**
     * Gives a reference back ({@code module_put}).
     *
     * @throws IllegalStateException if none was taken
     */
    public void put() {
        visited.set(true);
        if (state == ModuleState.LIVE && refcnt.get() <= 1) {
            throw new IllegalStateException("module " + name + " has no reference to give back");
        }
        drop();
    }

    /** The loader's own reference, until the module is live. */
    void hold() {
        refcnt.incrementAndGet();
    }

    /** Gives back a reference of the loader's own, or of a module that is being taken apart: that is no visit. */
    void drop() {
        int before = refcnt.get();
        while (before > 0 && !refcnt.compareAndSet(before, before - 1)) {
            before = refcnt.get();
        }
        if (before <= 0) {
            throw new IllegalStateException("module " + name + " has no reference to give back");
        }
    }

    /** {@code try_release_module_ref}: from here on nobody gets a reference; false if somebody has one. */
    boolean tryRelease() {
        return refcnt.compareAndSet(1, 0);
    }

    /** The modules that this one uses ({@code target_list}), the last found first. */
    public List<ModuleUse> uses() {
        return uses;
    }

    /** The modules that use this one ({@code source_list}), the last come first. */
    public List<ModuleUse> users() {
        return users;
    }

    /** The names of the modules that use it, as {@code /sys/module/NAME/holders} lists them: lsmod and rmmod read them there. */
    public List<String> holders() {
        return KernfsOrder.of(
                users().stream().map(use -> use.source().name()).distinct().toList());
    }

    /** What it tainted the kernel with. */
    public Set<Taint> taints() {
        return taints;
    }

    /** Whether it can never be unloaded: it has an init and no exit. */
    public boolean isPermanent() {
        return initAddress != 0 && exitAddress == 0;
    }

    /** How many relocations were applied to it. */
    public int relocations() {
        return relocations;
    }

    /** The memory that it has now: that for init is gone once init has run. */
    public Map<MemoryType, ModuleMemory> memory() {
        return memory;
    }

    /**
     * Its memory of a type.
     *
     * @throws IllegalArgumentException if it has none (any more)
     */
    public ModuleMemory memory(MemoryType type) {
        ModuleMemory found = memory.get(type);
        if (found == null) {
            throw new IllegalArgumentException("module " + name + " has no " + type.shown() + " memory");
        }
        return found;
    }

    /** Its sections in the order of the file; those in init memory too, though that is freed. */
    public List<LoadedSection> sections() {
        return sections.all();
    }

    /** The content of a section, read-only, little-endian; empty if there is no such section or its memory is freed. */
    public Optional<ByteBuffer> section(String sectionName) {
        LoadedSections all = sections;
        for (int i = 0; i < all.count(); i++) {
            ModuleMemory in = all.hasName(i, sectionName) ? memory.get(all.memory(i)) : null;
            if (in != null) {
                return Optional.of(content(in, all.section(i)));
            }
        }
        return Optional.empty();
    }

    private static ByteBuffer content(ModuleMemory in, LoadedSection section) {
        long offset = section.address() - in.base();
        // the kernel's sizes have 32 bits: there may be less of a section than it claims to have
        long size = section.size() < 0 ? in.size() : Math.min(section.size(), Math.max(0, in.size() - offset));
        ByteBuffer bytes = offset + size <= in.length()
                ? in.bytes().slice((int) offset, (int) size)
                : ByteBuffer.wrap(in.copy(offset, (int) Math.min(size, Integer.MAX_VALUE - 8)))
                        .asReadOnlyBuffer();
        return bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The bytes at an address of its memory, to the end of that memory; empty if it is none of it. */
    Optional<ByteBuffer> at(long address) {
        return memory.values().stream()
                .filter(piece -> Long.compareUnsigned(address - piece.base(), piece.length()) < 0)
                .findFirst()
                .map(piece -> {
                    int offset = (int) (address - piece.base());
                    return piece.bytes().slice(offset, piece.length() - offset);
                });
    }

    /** The piece of memory that holds all of these addresses. */
    private Optional<ModuleMemory> holding(long address, int size) {
        for (ModuleMemory piece : memory.values()) {
            long offset = address - piece.base();
            if (offset >= 0 && offset <= piece.length() - (long) size) {
                return Optional.of(piece);
            }
        }
        return Optional.empty();
    }

    /** The bytes at an address, little-endian; empty if not all of them are of its memory. */
    Optional<ByteBuffer> at(long address, int size) {
        return holding(address, size)
                .map(piece -> piece.bytes()
                        .slice((int) (address - piece.base()), size)
                        .order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Writes bytes to its memory; leaves it as it is if not all of them are of memory that can be written. */
    void write(long address, byte[] bytes) {
        holding(address, bytes.length)
                .filter(piece -> !READ_ONLY.contains(piece.type()))
                .ifPresent(piece ->
                        System.arraycopy(bytes, 0, piece.array(), (int) (address - piece.base()), bytes.length));
    }

    /** The NUL-terminated string at an address of its memory, or its beginning; empty if that memory ends before a NUL. */
    Optional<String> string(long address, int longest) {
        Optional<ModuleMemory> piece = holding(address, 1);
        if (piece.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = piece.get().array();
        int start = (int) (address - piece.get().base());
        int length = 0;
        while (length < longest && bytes[start + length] != 0) {
            length++;
            if (start + length == bytes.length) {
                return Optional.empty();
            }
        }
        return Optional.of(new String(bytes, start, length, StandardCharsets.ISO_8859_1));
    }

    /** Size of all memory that it has now, in bytes, as {@code /proc/modules} and {@code lsmod} show it. */
    public long size() {
        long size = 0;
        for (ModuleMemory piece : memory.values()) {
            if (piece.type() != MemoryType.PERCPU) {
                size += piece.size();
            }
        }
        return size;
    }

    /** The address that {@code /proc/modules} shows: where its code begins. */
    public long address() {
        ModuleMemory text = memory.getOrDefault(MemoryType.TEXT, memory.get(MemoryType.CORE_LAYOUT));
        return text == null ? 0 : text.base();
    }

    /** Its line of {@code /proc/modules} ({@code m_show} in kernel/module/procfs.c), without the newline. */
    public String procLine() {
        StringBuilder line = new StringBuilder(name)
                .append(' ')
                .append(size())
                .append(' ')
                .append(references())
                .append(' ');
        int before = line.length();
        for (ModuleUse use : users) {
            line.append(use.source().name()).append(',');
        }
        if (isPermanent()) {
            line.append("[permanent],");
        }
        if (line.length() == before) {
            line.append('-');
        }
        line.append(' ').append(state.shown()).append(' ').append(String.format("0x%016x", address()));
        Set<Taint> shown = taints;
        if (!shown.isEmpty()) {
            line.append(" (");
            shown.stream().sorted().forEach(taint -> line.append(taint.letter()));
            line.append(state == ModuleState.GOING ? "-" : state == ModuleState.COMING ? "+" : "")
                    .append(')');
        }
        return line.toString();
    }

    /** The symbols that the module keeps. */
    ModuleKallsyms symbols() {
        return symbols;
    }

    void symbols(ModuleKallsyms value) {
        symbols = value;
    }

    boolean hasInit() {
        return initAddress != 0;
    }

    /** Where its init is; 0 if it has none. */
    public long initAddress() {
        return initAddress;
    }

    /** Where its exit is; 0 if it has none. */
    public long exitAddress() {
        return exitAddress;
    }

    void entries(long init, long exit) {
        initAddress = init;
        exitAddress = exit;
    }

    void memory(EnumMap<MemoryType, ModuleMemory> value) {
        memory = Maps.immutableEnumMap(value);
        value.values().forEach(piece -> piece.owner(this));
    }

    void sections(List<LoadedSection> value) {
        sections = new LoadedSections(value);
    }

    void state(ModuleState value) {
        state = value;
        if (value == ModuleState.COMING) {
            formed = true;
        }
    }

    /**
     * Whether anybody but the loader may see the module, as {@code find_module} does all but MODULE_STATE_UNFORMED ones: from COMING on,
     * until {@code free_module}. One flag, so that its exports, its addresses and its line in the list come and go at once.
     */
    boolean isFormed() {
        return formed;
    }

    /** {@code free_module}: nobody shall see it while it is taken apart. */
    void unformed() {
        formed = false;
    }

    /**
     * Whether it was loaded on demand, and may be unloaded once nobody wants it any more ({@code MOD_AUTOCLEAN} of Linux 2.x; see
     * {@link OnDemandModules}).
     */
    public boolean isAutoclean() {
        return autoclean;
    }

    void autoclean(boolean value) {
        autoclean = value;
    }

    /** Whether it was used since the last clean pass ({@code MOD_VISITED} of Linux 2.x). */
    public boolean isVisited() {
        return visited.get();
    }

    void visited(boolean value) {
        visited.set(value);
    }

    void parameters(List<ModuleParameter> values) {
        parameters = ImmutableList.copyOf(values);
    }

    void relocations(int count) {
        relocations = count;
    }

    void taint(Taint taint) {
        EnumSet<Taint> more = EnumSet.of(taint);
        more.addAll(taints);
        taints = Collections.unmodifiableSet(more);
    }

    void addUse(ModuleUse use) {
        uses = ImmutableList.<ModuleUse>builder().add(use).addAll(uses).build();
    }

    void addUser(ModuleUse use) {
        users = ImmutableList.<ModuleUse>builder().add(use).addAll(users).build();
        visited.set(true);
    }

    void removeUser(ModuleUse use) {
        users = users.stream().filter(u -> !u.equals(use)).collect(ImmutableList.toImmutableList());
    }

    void clearUses() {
        uses = ImmutableList.of();
    }

    /** Forgets the memory that was for init. */
    void freeInit() {
        EnumMap<MemoryType, ModuleMemory> kept = new EnumMap<>(MemoryType.class);
        memory.forEach((type, piece) -> {
            if (!type.isInit()) {
                kept.put(type, piece);
            }
        });
        memory = Collections.unmodifiableMap(kept);
    }

    @Override
    public String toString() {
        return name;
    }
}
