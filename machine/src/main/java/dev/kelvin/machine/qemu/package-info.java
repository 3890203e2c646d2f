/**
 * The engine of VMs: starts a QEMU and what serves it, takes over one that runs, and changes it.
 */
@NullMarked
package dev.kelvin.machine.qemu;

import org.jspecify.annotations.NullMarked;
