/** The user-space half of module loading, as kmod does it: module trees, depmod, modprobe, modprobe.d, and modinfo. */
@NullMarked
package org.jkmod.kmod;

import org.jspecify.annotations.NullMarked;
