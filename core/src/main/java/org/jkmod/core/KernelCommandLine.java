package org.jkmod.core;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import java.util.Locale;
import java.util.Set;

/**
 * What a kernel's command line says to the module loader (Documentation/admin-guide/kernel-parameters.txt).
 *
 * @param blacklist names of modules that are not loaded ({@code module_blacklist=})
 * @param sigEnforce whether only signed modules are loaded ({@code module.sig_enforce})
 * @param lockdown how far {@code lockdown=} goes
 * @param disabled whether no module is loaded at all ({@code nomodule})
 */
record KernelCommandLine(Set<String> blacklist, boolean sigEnforce, Lockdown lockdown, boolean disabled) {
    static KernelCommandLine parse(String text, Generation generation) {
        Set<String> blacklist = Set.of();
        boolean sigEnforce = false;
        Lockdown lockdown = Lockdown.NONE;
        boolean disabled = false;
        ModuleArguments.Splitter words = new ModuleArguments.Splitter(text);
        while (words.hasNext()) {
            ModuleArguments.Word word = words.next();
            if (word.equals(ModuleArguments.Splitter.END)) {
                break;
            }
            String value = word.value().orElse("");
            boolean yes =
                    word.value().isEmpty() || Kstrtox.bool(value, generation).orElse(false);
            switch (word.name().replace('-', '_')) {
                case "module_blacklist" ->
                    // an empty name is none: the kernel compares lengths first
                    blacklist = ImmutableSet.copyOf(
                            Splitter.on(',').omitEmptyStrings().split(value));
                case "module.sig_enforce" -> sigEnforce |= yes;
                case "lockdown" -> {
                    for (Lockdown level : Lockdown.values()) {
                        // it only ever goes up
                        if (level.name().toLowerCase(Locale.ROOT).equals(value) && level.compareTo(lockdown) > 0) {
                            lockdown = level;
                        }
                    }
                }
                case "nomodule" -> disabled = yes;
                default -> {}
            }
        }
        return new KernelCommandLine(blacklist, sigEnforce, lockdown, disabled);
    }
}
