package org.jkmod.core;

import java.util.Optional;

/**
 * A parameter of a module ({@code struct kernel_param}, include/linux/moduleparam.h), as {@code /sys/module/NAME/parameters} shows it.
 *
 * @param name its name as the module spells it
 * @param type its type in the words of {@code parmtype}: {@code int}, {@code charp}, {@code array of short}; of one with a setter of
 *     its own what the module says of it, which may be nothing
 * @param permissions of its file; 0 if it has none
 * @param value what reading that file gives, without the newline; a char is a byte. Empty if only code of the module, or memory that
 *     is not the module's, could tell
 */
public record ModuleParameter(String name, String type, int permissions, Optional<String> value) {
    /** As {@code name=value}, and the permissions in octal. */
    @Override
    public String toString() {
        return String.format("%s=%s (%s, %04o)", name, value.orElse("?"), type, permissions);
    }
}
