package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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

    private final String name;
    private final Modinfo modinfo;
    private final boolean hasInit;
    private final boolean hasExit;
    private final String arguments;
    private final ImmutableList<LoadedSection> sections;
    private volatile Map<MemoryType, ModuleMemory> memory;
    private volatile ModuleState state = ModuleState.UNFORMED;
    private volatile ModuleKallsyms symbols = ModuleKallsyms.EMPTY;
    private volatile ImmutableList<ModuleUse> uses = ImmutableList.of();
    private volatile ImmutableList<ModuleUse> users = ImmutableList.of();
    private final AtomicInteger references = new AtomicInteger();
    private volatile Set<Taint> taints = Set.of();
    private volatile int relocations;
    /** Rows of {@link Exports} that are this module's. */
    int[] exports = new int[0];

    boolean usesGplOnlySymbols;

    KernelModule(
            String name,
            Modinfo modinfo,
            boolean hasInit,
            boolean hasExit,
            String arguments,
            List<LoadedSection> sections,
            EnumMap<MemoryType, ModuleMemory> memory) {
        this.name = name;
        this.modinfo = modinfo;
        this.hasInit = hasInit;
        this.hasExit = hasExit;
        this.arguments = arguments;
        this.sections = ImmutableList.copyOf(sections);
        this.memory = Collections.unmodifiableMap(memory);
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

    /** How many references keep it from being unloaded: one a module that uses it, and one while it is {@link ModuleState#COMING}. */
    public int references() {
        return references.get();
    }

    /** The modules that this one uses ({@code target_list}), the last found first. */
    public List<ModuleUse> uses() {
        return uses;
    }

    /** The modules that use this one ({@code source_list}), the last come first. */
    public List<ModuleUse> users() {
        return users;
    }

    /** What it tainted the kernel with. */
    public Set<Taint> taints() {
        return taints;
    }

    /** Whether it can never be unloaded: it has an init and no exit. */
    public boolean isPermanent() {
        return hasInit && !hasExit;
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
        return sections;
    }

    /** The content of a section, read-only, little-endian; empty if there is no such section or its memory is freed. */
    public Optional<ByteBuffer> section(String sectionName) {
        for (LoadedSection section : sections) {
            ModuleMemory in = memory.get(section.memory());
            if (section.name().equals(sectionName) && in != null) {
                return Optional.of(in.bytes()
                        .slice((int) (section.address() - in.base()), (int) section.size())
                        .order(ByteOrder.LITTLE_ENDIAN));
            }
        }
        return Optional.empty();
    }

    /** The bytes at an address of its memory, to the end of that memory; empty if it is none of it. */
    private Optional<ByteBuffer> at(long address) {
        return memory.values().stream()
                .filter(piece -> Long.compareUnsigned(address - piece.base(), piece.array().length) < 0)
                .findFirst()
                .map(piece -> {
                    int offset = (int) (address - piece.base());
                    return piece.bytes().slice(offset, piece.array().length - offset);
                });
    }

    /** The NUL-terminated string at an address of its memory. */
    Optional<String> string(long address) {
        return at(address).flatMap(bytes -> {
            StringBuilder text = new StringBuilder();
            while (bytes.hasRemaining()) {
                byte b = bytes.get();
                if (b == 0) {
                    return Optional.of(text.toString());
                }
                text.append((char) (b & 0xff));
            }
            return Optional.empty();
        });
    }

    /** The 32-bit word at an address of its memory. */
    OptionalInt word(long address) {
        return at(address)
                .filter(bytes -> bytes.remaining() >= Integer.BYTES)
                .map(bytes ->
                        OptionalInt.of(bytes.order(ByteOrder.LITTLE_ENDIAN).getInt()))
                .orElse(OptionalInt.empty());
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
        return hasInit;
    }

    void state(ModuleState value) {
        state = value;
    }

    void relocations(int count) {
        relocations = count;
    }

    void taint(Taint taint) {
        EnumSet<Taint> more = EnumSet.of(taint);
        more.addAll(taints);
        taints = Collections.unmodifiableSet(more);
    }

    void reference(int change) {
        references.addAndGet(change);
    }

    void addUse(ModuleUse use) {
        uses = ImmutableList.<ModuleUse>builder().add(use).addAll(uses).build();
    }

    void addUser(ModuleUse use) {
        users = ImmutableList.<ModuleUse>builder().add(use).addAll(users).build();
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
