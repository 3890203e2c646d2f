/** How a VM starts: by Kelvin, by hand and by libvirt. */
@NullMarked
package dev.kelvin.bench.start;

import org.jspecify.annotations.NullMarked;
