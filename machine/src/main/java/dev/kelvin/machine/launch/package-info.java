/** Starts QEMU and the processes beside it, takes over those that run, and keeps a VM's files. */
@NullMarked
package dev.kelvin.machine.launch;

import org.jspecify.annotations.NullMarked;
