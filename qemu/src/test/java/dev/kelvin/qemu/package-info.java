/** Tests of the command line and of operations, against the real QEMU. */
@NullMarked
package dev.kelvin.qemu;

import org.jspecify.annotations.NullMarked;
