/** JMH benchmarks: every speed that the documentation states is measured by a class of this package. */
@NullMarked
package org.jkmod.bench;

import org.jspecify.annotations.NullMarked;
