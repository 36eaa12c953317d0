package org.jkmod.core;

/**
 * One module uses another ({@code struct module_use}): in the source's {@code target_list} and in the target's {@code source_list}.
 *
 * @param source the module that uses symbols
 * @param target the module that exports them; it cannot be unloaded while the source is there
 */
public record ModuleUse(KernelModule source, KernelModule target) {
    @Override
    public String toString() {
        return source.name() + " -> " + target.name();
    }
}
