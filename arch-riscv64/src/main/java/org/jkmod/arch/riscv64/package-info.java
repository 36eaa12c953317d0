/** What is particular to riscv64 (RISC-V ELF psABI): relocation types and their pairs, module region, and PLT entries. */
@NullMarked
package org.jkmod.arch.riscv64;

import org.jspecify.annotations.NullMarked;
