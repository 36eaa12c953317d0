/** Asks real kernels, GNU ld and kmod what they make of a module, and compares their recorded answers with jkmod's. */
@NullMarked
package org.jkmod.conformance;

import org.jspecify.annotations.NullMarked;
