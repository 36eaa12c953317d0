package org.jkmod.core;

/** What may be done with a page of module memory. Every mapped page can be read. */
public enum PagePermissions {
    /** Read-only data ({@code set_memory_ro}). */
    READ("r--", false, false),
    /** Data, and everything while the module is being loaded ({@code PAGE_KERNEL}). */
    READ_WRITE("rw-", true, false),
    /** Code ({@code set_memory_rox}). */
    READ_EXECUTE("r-x", false, true),
    /** Code of a kernel without {@code CONFIG_STRICT_MODULE_RWX} ({@code set_memory_x}). */
    READ_WRITE_EXECUTE("rwx", true, true);

    private final String shown;
    private final boolean writable;
    private final boolean executable;

    PagePermissions(String shown, boolean writable, boolean executable) {
        this.shown = shown;
        this.writable = writable;
        this.executable = executable;
    }

    /** As {@code r-x}. */
    public String shown() {
        return shown;
    }

    /** Whether the page may be written to. */
    public boolean isWritable() {
        return writable;
    }

    /** Whether code in the page may run. */
    public boolean isExecutable() {
        return executable;
    }

    /**
     * What a kernel gives pages of a module (kernel/module/strict_rwx.c; {@code complete_formation} and {@code do_init_module} in main.c).
     * All generations come to the same: up to 6.12 {@code module_enable_ro}, {@code _nx} and {@code _x} act on the parts of two layouts
     * or on memory types, later {@code module_enable_text_rox} and its like; 7.2's text is even allocated executable, and made writable
     * for the load.
     *
     * @param content what they hold: no layout
     * @param state where the module is in its life
     * @param strict {@code CONFIG_STRICT_MODULE_RWX}
     */
    static PagePermissions of(MemoryType content, ModuleState state, boolean strict) {
        if (state == ModuleState.UNFORMED) {
            return READ_WRITE;
        }
        return switch (content) {
            case TEXT, INIT_TEXT -> strict ? READ_EXECUTE : READ_WRITE_EXECUTE;
            case RODATA, INIT_RODATA -> strict ? READ : READ_WRITE;
            case RO_AFTER_INIT -> strict && state != ModuleState.COMING ? READ : READ_WRITE;
            default -> READ_WRITE;
        };
    }
}
