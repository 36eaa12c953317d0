package org.jkmod.kmod;

import java.nio.file.Path;

/**
 * A module's file.
 *
 * @param path where it is
 * @param shown its path as modprobe prints it: that of the tree, as it was given, and that of modules.dep
 */
public record ModuleLocation(Path path, String shown) {}
