/**
 * x86-64 for the module loader: arch/x86/kernel/module.c, and the relocation types of the <i>System V Application Binary Interface,
 * AMD64 Architecture Processor Supplement</i>, section 4.4.
 *
 * <p>What is odd here: the kernel is built without a global offset table, so that seven of some forty relocation types are all that its
 * modules have. It lives in the top 2 GiB of the address space, which is why 32-bit sign-extended addresses ({@code R_X86_64_32S})
 * reach all of it, and why modules must be loaded there too. Distances are not checked: a {@code R_X86_64_PC32} out of range is cut
 * off silently, for per-CPU variables are reached by such "distances" from code. And a place must hold zeros before it is written, so
 * that no module is relocated twice.
 */
@NullMarked
package org.jkmod.arch.x86_64;

import org.jspecify.annotations.NullMarked;
