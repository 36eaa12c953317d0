/**
 * The Linux kernel's module loader.
 *
 * <p><b>The tour.</b> A {@link org.jkmod.core.KernelObject} is a {@code .ko} file as its makers left it. A
 * {@link org.jkmod.core.KernelProfile} is all that is known of a kernel: its release, its version magic, its exported symbols. A
 * {@link org.jkmod.core.Kernel} booted from a profile {@linkplain org.jkmod.core.Kernel#load loads} objects and keeps the books of
 * the kernel's own loader: the list of {@linkplain org.jkmod.core.KernelModule modules}, who uses whom
 * ({@link org.jkmod.core.ModuleUse}), what is exported ({@link org.jkmod.core.KernelSymbol}), what was printed
 * ({@link org.jkmod.core.KernelLog}) and what is tainted ({@link org.jkmod.core.Taint}). It {@linkplain org.jkmod.core.Kernel#check
 * checks} objects without loading them: a {@link org.jkmod.core.Verdict} has what the kernel would say, and every
 * {@link org.jkmod.core.Problem} at once.
 *
 * <p><b>The way of a load</b> follows {@code load_module()} in {@code kernel/module/main.c}, a step a class:
 * {@link org.jkmod.core.ModuleLoad} calls them in the kernel's order: signature, ELF file, blacklist, versions, modinfo, section layout,
 * taints, symbol resolution, relocation, the module's own symbol table, exports, parameters, init. What differs between kernel versions is a row of
 * {@link org.jkmod.core.Generation}, not an {@code if} in a step.
 *
 * <p><b>The life of a module</b> is its {@link org.jkmod.core.ModuleState}; {@linkplain org.jkmod.core.ModuleListener listeners} hear of
 * it. An {@link org.jkmod.core.InitExecutor} may run its functions, {@link org.jkmod.core.KernelModule#tryGet} and
 * {@link org.jkmod.core.KernelModule#put} count who uses it, and {@link org.jkmod.core.Kernel#unload(String)} ends it.
 *
 * <p><b>Architectures</b> are found with {@link java.util.ServiceLoader}; this package names none. An
 * {@link org.jkmod.core.Architecture} is a table of {@linkplain org.jkmod.core.RelocationType relocation types} and a few facts. Its
 * rows are data: from them come the readable interpreter and the compiled {@link org.jkmod.core.RelocationProgram}.
 *
 * <p><b>Memory.</b> {@link org.jkmod.core.Kernel#memory} is the {@link org.jkmod.core.KernelAddressSpace} that modules live in: where that
 * kernel has it ({@link org.jkmod.core.MemoryMap}; with KASLR, if {@link org.jkmod.core.BootOptions} say so), its pages with their
 * permissions, its bytes, and who holds how much.
 *
 * <p><b>On demand.</b> {@link org.jkmod.core.OnDemandModules} loads what somebody asks for by name or alias, with what a
 * {@link org.jkmod.core.ModuleFinder} finds, and {@link org.jkmod.core.CleanPasses} unload what nobody uses any more.
 *
 * <p>To relocate modules to addresses of one's own choice, without a kernel's books, use {@link org.jkmod.core.Relocator}.
 *
 * <p>Addresses are {@code long}, unsigned. Sizes and offsets are in bytes.
 */
@NullMarked
package org.jkmod.core;

import org.jspecify.annotations.NullMarked;
