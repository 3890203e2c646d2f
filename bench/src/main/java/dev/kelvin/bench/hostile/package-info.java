/** Clients that mean no good, for measurements and tests of what they cannot do. */
@NullMarked
package dev.kelvin.bench.hostile;

import org.jspecify.annotations.NullMarked;
