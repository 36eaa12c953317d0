/** What is particular to aarch64 (AAELF64): relocation types, module region, veneers, and code patching. */
@NullMarked
package org.jkmod.arch.aarch64;

import org.jspecify.annotations.NullMarked;
