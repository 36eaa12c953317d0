/**
 * AArch64 for the module loader: arch/arm64/kernel/module.c and module-plts.c, and the relocation types of the <i>ELF for the Arm 64-bit
 * Architecture</i> (AAELF64), section 5.7.
 *
 * <p>What is odd here: instructions hold their operands in pieces, scaled and split, and a direct branch reaches only 128 MiB. The kernel
 * tries to have its modules that near; where it can't, a branch out of reach goes through a stub in the module's {@code .plt} (or
 * {@code .init.plt}), which the kernel sizes before the layout by counting the branches to other sections. ADRP counts in pages of
 * 4 KiB whatever the kernel's page size is; and with erratum 843419 of the Cortex-A53 it must not be the last or last but one instruction of
 * such a page, where it becomes an ADR or a branch to a veneer.
 */
@NullMarked
package org.jkmod.arch.aarch64;

import org.jspecify.annotations.NullMarked;
