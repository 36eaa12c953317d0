package org.jkmod.core;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jkmod.symtab.NameIndex;
import org.jkmod.symtab.NameTable;
import org.jspecify.annotations.Nullable;

/**
 * All symbols that a running kernel and its modules export, by name ({@code find_symbol}). The kernel searches a sorted table a
 * module; here all names are in one hash table, so that a tree of thousands of modules can be loaded in a fraction of a second. No
 * name is exported twice: {@code verify_exported_symbols} sees to that.
 *
 * <p>Guarded by the kernel's module_mutex.
 */
final class Exports {
    /** Where a symbol's name has no row. */
    static final int NOT_FOUND = -1;

    private static final byte EXPORTED = 1;
    private static final byte GPL_ONLY = 2;
    private static final byte HAS_CRC = 4;

    /** What modules export now, for readers that do not hold the lock; what the kernel itself exports never changes. */
    private final ConcurrentMap<String, Published> published = new ConcurrentHashMap<>();

    /**
     * What a module exports.
     *
     * @param symbol the symbol
     * @param owner the module; as long as it is {@link KernelModule#isFormed}, the symbol counts
     */
    record Published(KernelSymbol symbol, KernelModule owner) {}

    private final NameTable names;
    private byte[] flags;
    private long[] value;
    private int[] crc;
    private String[] namespace;
    private @Nullable KernelModule[] owner;

    /**
     * No exports.
     *
     * @param known names that may be exported: their rows are their ids, so that whoever has looked one up there need not do it here
     */
    Exports(NameIndex known) {
        int rows = known.size() + 1024;
        names = known.toTable();
        flags = new byte[rows];
        value = new long[rows];
        crc = new int[rows];
        namespace = new String[rows];
        owner = new KernelModule[rows];
    }

    /** Adds a symbol. */
    void add(
            int id,
            long symbolValue,
            OptionalInt symbolCrc,
            boolean gplOnly,
            String symbolNamespace,
            @Nullable KernelModule by) {
        flags[id] = (byte) (EXPORTED | (gplOnly ? GPL_ONLY : 0) | (symbolCrc.isPresent() ? HAS_CRC : 0));
        value[id] = symbolValue;
        crc[id] = symbolCrc.orElse(0);
        namespace[id] = symbolNamespace;
        owner[id] = by;
        if (by != null) {
            published.put(names.name(id), new Published(symbol(id), by));
        }
    }

    /** The row of a name, made if it is new. */
    int intern(byte[] bytes, int offset, int length) {
        return grow(names.intern(bytes, offset, length));
    }

    private int grow(int id) {
        if (id >= flags.length) {
            int size = Math.max(id + 1, 2 * flags.length);
            flags = Arrays.copyOf(flags, size);
            value = Arrays.copyOf(value, size);
            crc = Arrays.copyOf(crc, size);
            namespace = Arrays.copyOf(namespace, size);
            owner = Arrays.copyOf(owner, size);
        }
        return id;
    }

    /** Takes a symbol away. */
    void remove(int id) {
        flags[id] = 0;
        owner[id] = null;
        published.remove(names.name(id));
    }

    /** The row of a symbol that is exported now, or {@link #NOT_FOUND}. */
    int find(byte[] bytes, int offset, int length) {
        return exported(names.find(bytes, offset, length));
    }

    /** The row of a symbol that is exported now, or {@link #NOT_FOUND}. */
    int find(String name) {
        return exported(names.find(name));
    }

    /** A row, or {@link #NOT_FOUND} if what it is of is not exported now. */
    int exported(int id) {
        return id >= 0 && flags[id] != 0 ? id : NOT_FOUND;
    }

    boolean isExported(int id) {
        return flags[id] != 0;
    }

    boolean isGplOnly(int id) {
        return (flags[id] & GPL_ONLY) != 0;
    }

    boolean hasCrc(int id) {
        return (flags[id] & HAS_CRC) != 0;
    }

    long value(int id) {
        return value[id];
    }

    int crc(int id) {
        return crc[id];
    }

    String namespace(int id) {
        return namespace[id];
    }

    @Nullable
    KernelModule owner(int id) {
        return owner[id];
    }

    String name(int id) {
        return names.name(id);
    }

    /** The symbol that a module exports under a name; needs no lock. */
    Optional<Published> published(String name) {
        return Optional.ofNullable(published.get(name)).filter(p -> p.owner().isFormed());
    }

    /** The symbol as a value. */
    KernelSymbol symbol(int id) {
        return new KernelSymbol(
                names.name(id),
                value[id],
                hasCrc(id) ? OptionalInt.of(crc[id]) : OptionalInt.empty(),
                isGplOnly(id),
                namespace[id],
                Optional.ofNullable(owner[id]).map(KernelModule::name));
    }
}
