/**
 * From a spec to a QEMU process and back: the command line as a pure function, and the operations
 * on a running QEMU.
 */
@NullMarked
package dev.kelvin.qemu;

import org.jspecify.annotations.NullMarked;
