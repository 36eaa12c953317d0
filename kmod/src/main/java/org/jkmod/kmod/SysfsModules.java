package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** Finds which built-in modules have a folder in {@code /sys/module}, so that no module of their names can be loaded. */
final class SysfsModules {
    private SysfsModules() {}

    /**
     * Those of a running kernel's sysfs. A module that was loaded has a file {@code initstate}; a built-in one has none.
     *
     * @throws IOException if it cannot be read
     */
    static Set<String> ofSysfs(Path sysfs) throws IOException {
        Set<String> found = new TreeSet<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(sysfs.resolve("module"), Files::isDirectory)) {
            for (Path folder : folders) {
                if (!Files.exists(folder.resolve("initstate"))) {
                    found.add(String.valueOf(folder.getFileName()));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /**
     * Those of which a tree's {@code modules.builtin.modinfo} tells for certain: with a version ({@code MODULE_VERSION}). A parameter may
     * be one that sysfs does not show, which is not written there.
     *
     * @throws IOException if it cannot be read
     */
    static Set<String> ofTree(Path folder) throws IOException {
        Set<String> found = new TreeSet<>();
        BuiltinModinfo.read(folder.resolve("modules.builtin.modinfo")).forEach((module, tag, value) -> {
            if (tag.equals("version") && module.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/')) {
                found.add(module);
            }
        });
        return found;
    }
}
