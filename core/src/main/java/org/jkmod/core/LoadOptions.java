package org.jkmod.core;

/**
 * How to load a module: the arguments of finit_module(2).
 *
 * @param parameters the module's parameters, {@code name=value} separated by blanks, as insmod(8) passes them
 * @param ignoreVermagic {@code MODULE_INIT_IGNORE_VERMAGIC}
 * @param ignoreModversions {@code MODULE_INIT_IGNORE_MODVERSIONS}
 */
public record LoadOptions(String parameters, boolean ignoreVermagic, boolean ignoreModversions) {
    /** No parameters, nothing ignored. */
    public static final LoadOptions NONE = new LoadOptions("", false, false);

    /** Parameters, nothing ignored. */
    public static LoadOptions parameters(String parameters) {
        return new LoadOptions(parameters, false, false);
    }
}
