/** The {@code jkmod} command: it reads options, calls the library, and prints; it decides nothing. */
@NullMarked
package org.jkmod.cli;

import org.jspecify.annotations.NullMarked;
