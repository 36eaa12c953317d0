package org.jkmod.core;

/**
 * Namespaces that name modules ({@code EXPORT_SYMBOL_FOR_MODULES}): {@code module:kvm,kvm-*} lets the module {@code kvm} and all whose
 * name begins with {@code kvm_} use the symbol without an import ({@code verify_module_namespace}, kernel/module/main.c).
 */
final class ModuleNamespace {
    static final String PREFIX = "module:";

    private ModuleNamespace() {}

    /** Whether a namespace names a module; {@code -} and {@code _} are the same, and only a last {@code *} is special. */
    static boolean admits(String namespace, String module) {
        if (!namespace.startsWith(PREFIX)) {
            return false;
        }
        String name = module.replace('-', '_');
        for (String pattern : namespace.substring(PREFIX.length()).split(",", -1)) {
            String wanted = pattern.replace('-', '_');
            boolean glob = wanted.endsWith("*");
            if (glob ? name.startsWith(wanted.substring(0, wanted.length() - 1)) : name.equals(wanted)) {
                return true;
            }
        }
        return false;
    }
}
