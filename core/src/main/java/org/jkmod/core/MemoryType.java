package org.jkmod.core;

/**
 * The memory areas of a module. From Linux 6.4 on they are {@code enum mod_mem_type} (include/linux/module.h); before, there were a
 * core and an init layout ({@code struct module_layout}), each with text, read-only data, data that is read-only after init and data
 * one after the other, on page boundaries.
 */
public enum MemoryType {
    /** Code. */
    TEXT("text", false),
    /** Writable data; also the module's own {@code struct module} and its symbol table. */
    DATA("data", false),
    /** Read-only data. */
    RODATA("rodata", false),
    /** Data that is read-only once init has run. */
    RO_AFTER_INIT("ro_after_init", false),
    /** Code that is freed after init. */
    INIT_TEXT("init_text", true),
    /** Writable data that is freed after init. */
    INIT_DATA("init_data", true),
    /** Read-only data that is freed after init. */
    INIT_RODATA("init_rodata", true),
    /** Before Linux 6.4: all that stays. */
    CORE_LAYOUT("core", false),
    /** Before Linux 6.4: all that is freed after init. */
    INIT_LAYOUT("init", true),
    /** The section {@code .data..percpu}: not in the module's memory but a piece of every CPU's own area. */
    PERCPU("percpu", false);

    private final String shown;
    private final boolean init;

    MemoryType(String shown, boolean init) {
        this.shown = shown;
        this.init = init;
    }

    /** The type's name in listings, as {@code init_text}. */
    public String shown() {
        return shown;
    }

    /** Whether the memory is freed once the module's init has run. */
    public boolean isInit() {
        return init;
    }
}
