/** Small programs to copy: each does one thing that a user of the library wants done. */
@NullMarked
package org.jkmod.examples;

import org.jspecify.annotations.NullMarked;
