/**
 * The life of VMs: one supervisor per VM, a virtual thread with a mailbox, through which every
 * change goes; and the durable tasks that users start.
 */
@NullMarked
package dev.kelvin.machine;

import org.jspecify.annotations.NullMarked;
