package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs the functions of modules, for whoever can: an emulator, a test. The kernel itself runs nothing. Called without the kernel's lock:
 * other modules may be loaded meanwhile, and this one is {@link ModuleState#COMING} or {@link ModuleState#GOING}.
 */
public interface InitExecutor {
    /**
     * Runs a module's init ({@code do_one_initcall}).
     *
     * @param module the module, relocated, with its parameters set
     * @param address of the function
     * @return 0, or an errno below 0, or anything above 0, which the kernel warns of and takes for 0
     */
    int init(KernelModule module, long address);

    /**
     * Runs a module's exit.
     *
     * @param module the module
     * @param address of the function
     */
    default void exit(KernelModule module, long address) {}

    /**
     * Runs nothing: every init succeeds, but one that does nothing but return a constant returns it
     * ({@link Architecture#constantReturn}).
     */
    static InitExecutor none(Architecture architecture) {
        return (module, address) -> {
            ByteBuffer code = module.at(address).orElseGet(() -> ByteBuffer.allocate(0));
            return architecture
                    .constantReturn(code.order(ByteOrder.LITTLE_ENDIAN))
                    .orElse(0);
        };
    }
}
