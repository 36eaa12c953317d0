/**
 * 64-bit RISC-V for the module loader: arch/riscv/kernel/module.c and module-sections.c, and the relocation types of the <i>RISC-V ELF
 * psABI</i>, chapter 8.
 *
 * <p>What is odd here: a 32-bit distance takes two instructions, AUIPC for the upper 20 bits and another for the lower 12, which are
 * signed, so that the upper part is rounded. The lower part has its own relocation, and its symbol is not the target but the place of the
 * AUIPC: it can be computed only with the help of the other relocation. And since linkers may shorten code, a difference of two labels
 * is no constant: it is an ADD and a SUB relocation of one place (or a SET and a SUB), which the kernel puts together before it writes.
 */
@NullMarked
package org.jkmod.arch.riscv64;

import org.jspecify.annotations.NullMarked;
