package org.jkmod.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleInUseException;
import org.jkmod.symtab.ModuleSymvers;

/** The README's program: loads a module and one that uses it into a simulated kernel, and looks at what came of it. */
public final class LoadTwoModules {
    private LoadTwoModules() {}

    /**
     * Runs it.
     *
     * @param args the kernel's release, its Module.symvers, the module, and the one that uses it
     */
    public static void main(String[] args) throws IOException {
        run(args[0], Path.of(args[1]), Path.of(args[2]), Path.of(args[3]), System.out);
    }

    static void run(String release, Path symvers, Path provider, Path user, PrintStream out) throws IOException {
        Kernel kernel = Kernel.boot(KernelProfile.builder(release)
                .exports(ModuleSymvers.read(symvers))
                .vermagicOf(KernelObject.read(provider))
                .build());
        KernelModule first = kernel.load(KernelObject.read(provider));
        KernelModule second = kernel.load(KernelObject.read(user), LoadOptions.NONE);
        out.println(second.uses());
        ByteBuffer text = second.memory(MemoryType.TEXT).bytes();
        out.println(text.remaining() + " bytes of code, relocated");
        out.println(kernel.symbolAt(second.address()).orElseThrow());
        kernel.procModules().forEach(out::println);
        try {
            kernel.unload(first.name());
        } catch (ModuleInUseException e) {
            out.println(e.errno() + ": " + e.getMessage());
        }
    }
}
