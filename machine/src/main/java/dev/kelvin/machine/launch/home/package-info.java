/** The directories of each VM, and the files that Kelvin puts there for QEMU. */
@NullMarked
package dev.kelvin.machine.launch.home;

import org.jspecify.annotations.NullMarked;
