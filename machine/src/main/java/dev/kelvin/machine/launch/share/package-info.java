/** Directories of the host that guests see: whether they may, and that they are what is served. */
@NullMarked
package dev.kelvin.machine.launch.share;

import org.jspecify.annotations.NullMarked;
