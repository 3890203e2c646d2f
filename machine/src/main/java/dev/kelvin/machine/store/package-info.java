/** What is stored of VMs, and what is kept of them beside the store. */
@NullMarked
package dev.kelvin.machine.store;

import org.jspecify.annotations.NullMarked;
