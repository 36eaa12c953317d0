package org.jkmod.core;

import org.jkmod.symtab.ModuleSymvers;

/** Kernels of the toy architecture. */
final class Toys {
    static final String RELEASE = "6.12.0-toy";

    private Toys() {}

    /** A kernel of a release that exports these rows (see {@link ModuleBuilder#symvers}). */
    static KernelProfile.Builder profile(String release, String... rows) {
        return KernelProfile.builder(release)
                .architecture(new ToyArchitecture())
                .exports(ModuleSymvers.parse(ModuleBuilder.symvers(rows), "toy.symvers"))
                .config("MODVERSIONS", "n")
                .vermagic(ModuleBuilder.VERMAGIC)
                .thisModuleSize(ModuleBuilder.THIS_MODULE_SIZE);
    }

    /** A Linux 6.12 that exports these rows. */
    static Kernel kernel(String... rows) {
        return Kernel.boot(profile(RELEASE, rows).build());
    }
}
