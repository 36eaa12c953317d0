package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.ProfileSources;
import org.jkmod.kmod.TreeLoad;

/**
 * A Debian kernel as {@code conformance/fetch-kernel} unpacks it.
 *
 * @param root the root of its file system
 * @param release its release
 */
record KernelTree(Path root, String release) {
    Path symvers() {
        return root.resolve("usr/src/linux-headers-" + release + "/Module.symvers");
    }

    Path image() {
        return root.resolve("boot/vmlinuz-" + release);
    }

    ModuleTree modules() throws IOException {
        return ModuleTree.open(root, release);
    }

    /** What {@code jkmod load-tree} knows of the kernel. */
    KernelProfile profile() throws IOException {
        return new ProfileSources()
                .root(root)
                .release(release)
                .symvers(symvers())
                .withoutImageOfRoot()
                .read();
    }

    /** The kernel with all its modules loaded. */
    Kernel load() throws IOException {
        Kernel kernel = Kernel.boot(profile());
        TreeLoad.Result result =
                TreeLoad.run(kernel, modules(), Runtime.getRuntime().availableProcessors(), done -> {});
        if (!result.failures().isEmpty()) {
            throw new IllegalStateException(result.failures().get(0).toString());
        }
        return kernel;
    }

    /** The files of a kernel's modules in the order in which they were loaded. */
    List<Path> inOrder(Kernel kernel) throws IOException {
        ModuleTree tree = modules();
        List<Path> paths = new ArrayList<>();
        for (KernelModule module : kernel.modules()) {
            paths.add(tree.module(module.name()).orElseThrow().path());
        }
        Collections.reverse(paths);
        return paths;
    }
}
