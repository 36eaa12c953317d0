package org.jkmod.symtab;

import java.util.Arrays;

/** Puts a {@link SymbolTable} together of symbols from anywhere, such as a module's own. Not for several threads. */
public final class SymbolTableBuilder {
    private final NameTable names = new NameTable();
    private final NameTable modules = new NameTable();
    private long[] addresses = new long[64];
    private byte[] types = new byte[64];
    private int[] nameIds = new int[64];
    private int[] moduleIds = new int[64];
    private int size;

    /** One without symbols. */
    public SymbolTableBuilder() {
        modules.intern("");
    }

    /**
     * Adds a symbol.
     *
     * @param address unsigned
     * @param type as in {@link Kallsyms#type}
     * @param name a character a byte, none of which is NUL; not empty
     * @param module the module that it belongs to, of at most 255 bytes, or "" for the kernel
     * @return this
     * @throws IllegalArgumentException if one of them is not so, or there are 2<sup>24</sup> - 1 symbols already
     */
    public SymbolTableBuilder add(long address, char type, String name, String module) {
        if (type > 0x7f || name.isEmpty() || name.indexOf('\0') >= 0 || module.length() > 0xff) {
            throw new IllegalArgumentException(
                    "a symbol of type '" + type + "', name '" + name + "', of '" + module + "'");
        }
        if (size + 1 == SymbolTable.MAX_SIZE) {
            throw new IllegalArgumentException("more than " + size + " symbols");
        }
        int nameId = names.intern(name);
        int moduleId = modules.intern(module);
        if (size == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * size);
            types = Arrays.copyOf(types, 2 * size);
            nameIds = Arrays.copyOf(nameIds, 2 * size);
            moduleIds = Arrays.copyOf(moduleIds, 2 * size);
        }
        addresses[size] = address;
        types[size] = (byte) type;
        nameIds[size] = nameId;
        moduleIds[size++] = moduleId;
        return this;
    }

    /** The table; aliases are in the order in which they were added. */
    public SymbolTable build() {
        String[] moduleNames = new String[modules.size()];
        Arrays.setAll(moduleNames, modules::name);
        return SymbolTable.of(new Kallsyms(
                Arrays.copyOf(addresses, size),
                Arrays.copyOf(types, size),
                Arrays.copyOf(moduleIds, size),
                moduleNames,
                NameIndex.copyOf(names),
                Arrays.copyOf(nameIds, size)));
    }
}
