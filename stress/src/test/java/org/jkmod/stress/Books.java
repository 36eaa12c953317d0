package org.jkmod.stress;

import java.util.Optional;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Errno;
import org.jkmod.core.InitExecutor;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.ModuleBuilder;
import org.jkmod.core.ModuleState;
import org.jkmod.core.ModuleUse;
import org.jkmod.core.ToyArchitecture;
import org.jkmod.symtab.ModuleSymvers;

/** A kernel, and modules for it: {@code user} uses {@code base}. Its results are small, for jcstress compares them as text. */
final class Books {
    static final KernelObject BASE =
            ModuleBuilder.module("base").exports("base1", "base2").build();
    static final KernelObject USER =
            ModuleBuilder.module("user").imports("base1").build();

    private static final KernelProfile PROFILE = KernelProfile.builder("6.12.0-toy")
            .architecture(new ToyArchitecture())
            .exports(ModuleSymvers.parse(ModuleBuilder.symvers("printk"), "toy.symvers"))
            .config("MODVERSIONS", "n")
            .vermagic(ModuleBuilder.VERMAGIC)
            .thisModuleSize(ModuleBuilder.THIS_MODULE_SIZE)
            .build();

    /** What a call has come to: of the kernel's errno, or this. */
    static final String OK = "OK";

    final Kernel kernel;

    Books() {
        this(Optional.empty());
    }

    Books(Optional<InitExecutor> executor) {
        kernel = Kernel.boot(
                PROFILE, executor.map(BootOptions.DEFAULT::withExecutor).orElse(BootOptions.DEFAULT));
    }

    /** With base loaded. */
    static Books withBase() {
        Books books = new Books();
        books.kernel.load(BASE);
        return books;
    }

    String load(KernelObject object) {
        return result(() -> kernel.load(object));
    }

    String unload(String name) {
        return result(() -> kernel.unload(name));
    }

    private static String result(Runnable call) {
        try {
            call.run();
            return OK;
        } catch (KernelException e) {
            Errno errno = e.errno();
            return errno.name();
        }
    }

    KernelModule base() {
        return kernel.module("base").orElseThrow();
    }

    /** Whether all books say the same; else what is wrong with them. */
    String state() {
        long held = 0;
        for (KernelModule module : kernel.modules()) {
            if (module.state() != ModuleState.LIVE) {
                return module + " is " + module.state();
            }
            if (kernel.module(module.name()).filter(m -> m == module).isEmpty()) {
                return module + " is in one list only";
            }
            for (ModuleUse use : module.uses()) {
                if (!use.target().users().contains(use) || !kernel.modules().contains(use.target())) {
                    return use + " is in one list only";
                }
            }
            if (module.users().size() != module.references()) {
                return module + " has " + module.references() + " references";
            }
            held += module.memory().size();
        }
        boolean exported = kernel.symbol("base1").isPresent();
        if (exported != kernel.symbol("base2").isPresent()
                || exported != kernel.module("base").isPresent()) {
            return "exports";
        }
        return held == kernel.memory().accounting().holdings().size() ? "good" : "memory";
    }
}
