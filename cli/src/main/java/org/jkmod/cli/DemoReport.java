package org.jkmod.cli;

import java.io.IOException;
import java.util.List;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.ModuleLoadException;

/** Tells of a demonstration, as it goes. */
interface DemoReport {
    /** A kernel was booted. */
    void booted(Kernel kernel) throws IOException;

    /** A module was loaded. */
    void loaded(String module, String parameters, Demo.Loaded loaded) throws IOException;

    /** A module was not loaded. */
    void notLoaded(String module, ModuleLoadException why) throws IOException;

    /** The modules that are loaded now. */
    void modules(List<KernelModule> modules) throws IOException;

    /** A module was unloaded. */
    void unloaded(String module) throws IOException;

    /** A module was not unloaded. */
    void notUnloaded(String module, KernelException why) throws IOException;

    /**
     * That was all.
     *
     * @param loaded how many modules were loaded, and unloaded again
     * @param relocations how many relocations were applied to them
     * @param micros how long it took
     */
    void done(Kernel kernel, int loaded, int relocations, long micros) throws IOException;
}
