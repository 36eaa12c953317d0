/**
 * The kernel's module loader: modules, kernel symbols, module uses, and the relocation engine.
 *
 * @uses org.jkmod.core.Architecture each architecture is an artifact of its own, found by the service loader
 * @uses java.security.Provider what Java itself cannot verify, a provider beside it may: Bouncy Castle's does ML-DSA, SM3, Streebog
 */
module org.jkmod.core {
    requires transitive org.jkmod.elf;
    requires transitive org.jkmod.symtab;
    requires static transitive org.jspecify;
    requires com.google.common;
    requires org.objectweb.asm;

    exports org.jkmod.core;

    uses org.jkmod.core.Architecture;
    uses java.security.Provider;
}
