/**
 * From a spec and the facts of a host to the words that QEMU and its helpers are started with:
 * pure.
 */
@NullMarked
package dev.kelvin.qemu.launch;

import org.jspecify.annotations.NullMarked;
