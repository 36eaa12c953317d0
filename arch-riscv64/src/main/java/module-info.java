/** The riscv64 architecture. */
@SuppressWarnings("module") // Named as uname -m prints it: the digits are part of the name.
module org.jkmod.arch.riscv64 {
    requires transitive org.jkmod.core;
    requires static transitive org.jspecify;

    exports org.jkmod.arch.riscv64;

    provides org.jkmod.core.Architecture with
            org.jkmod.arch.riscv64.Riscv64Architecture;
}
