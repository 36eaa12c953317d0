package org.jkmod.cli;

import java.io.IOException;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.DependencyGraph;
import org.jkmod.kmod.ModprobeConfig;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.Sysroot;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say of which modules a command makes a graph, and how. */
final class GraphOptions {
    @Option(
            names = "--merge-softdeps",
            description =
                    "Take all softdep and weakdep lines for a module, and not only the first: those of modprobe.d and the"
                            + " kernel's.")
    private boolean merge;

    @Mixin
    private TreeOption tree = new TreeOption();

    /** The root file system. */
    Sysroot sysroot() {
        return tree.sysroot();
    }

    /** The kernel's modules. */
    ModuleTree open() throws IOException, Failure {
        return tree.open();
    }

    /** What they need, with the root's configuration. */
    DependencyGraph graph(ModuleTree modules) throws IOException {
        return DependencyGraph.of(modules, ModprobeConfig.read(sysroot(), modules.folder(), "", Compat.KMOD_34), merge);
    }
}
