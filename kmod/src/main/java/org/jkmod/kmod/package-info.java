/**
 * The user-space half of module loading: what kmod does, to the byte, for the modules of any root file system and architecture; and what
 * its users ask for beside.
 *
 * <p>The tour, in the order in which a kernel's modules go through it:
 *
 * <ul>
 *   <li>{@link org.jkmod.kmod.ModuleTree} and {@link org.jkmod.kmod.ModuleFile}: the modules of a kernel in a root file system, plain or
 *       compressed. {@link org.jkmod.kmod.Sysroot} is such a root, which no link leads out of.
 *   <li>{@link org.jkmod.kmod.Depmod} reads all of them and makes {@code modules.dep} and the other files by which modules are found; {@link
 *       org.jkmod.kmod.ModuleIndex} is one of their binary forms, read and written.
 *   <li>{@link org.jkmod.kmod.ModprobeConfig} is {@code modprobe.d}; {@link org.jkmod.kmod.Modprobe} plans what is loaded for a name or an
 *       alias, in which order, with which parameters, and why, and does it to a {@link org.jkmod.kmod.ModprobeTarget}: nothing, or a
 *       simulated kernel. {@link org.jkmod.kmod.ModulesLoad} and {@link org.jkmod.kmod.Modaliases} say what a system asks for while it boots.
 *   <li>{@link org.jkmod.kmod.ModuleInfo} is what a module says of itself; {@link org.jkmod.kmod.ModuleSignature} by whom it is signed; {@link
 *       org.jkmod.kmod.Keyring} which keys are trusted. Whether a signature is good, core's {@link org.jkmod.core.SignatureCheck} says, the
 *       same for files here as for modules that are loaded.
 *   <li>{@link org.jkmod.kmod.DependencyGraph} and {@link org.jkmod.kmod.ModuleClosure}: what needs what, and all that an initramfs needs.
 *   <li>{@link org.jkmod.kmod.ProfileSources}, {@link org.jkmod.kmod.RootProfile}, {@link org.jkmod.kmod.KernelImage}: what there is to know
 *       of a kernel, for core's simulated one; {@link org.jkmod.kmod.TreeLoad}, {@link org.jkmod.kmod.CheckMatrix} and {@link
 *       org.jkmod.kmod.Replay} use it.
 * </ul>
 *
 * <p>Rules that hold throughout:
 *
 * <ul>
 *   <li>Where kmod's releases differ, {@link org.jkmod.kmod.Compat} says which is meant. What they print on standard output and write to files
 *       is the same here; their crashes are not.
 *   <li>Files, indexes and configurations are hostile until proven otherwise: their sizes, depths and numbers are bounded, and what is wrong is
 *       a {@link org.jkmod.elf.MalformedInputException} or a warning, never a loop. What is written is written as a whole or not at all.
 *   <li>Values are immutable once they are built, and safe for threads. No static state, no environment, no host: a caller says which root,
 *       which release, which command line.
 * </ul>
 */
@NullMarked
package org.jkmod.kmod;

import org.jspecify.annotations.NullMarked;
