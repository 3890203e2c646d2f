/** Many VMs at once, much data, many strangers. */
@NullMarked
package dev.kelvin.bench.load;

import org.jspecify.annotations.NullMarked;
