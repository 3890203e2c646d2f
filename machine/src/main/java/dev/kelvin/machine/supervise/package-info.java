/** One supervisor for each VM: a virtual thread with a mailbox, through which every change goes. */
@NullMarked
package dev.kelvin.machine.supervise;

import org.jspecify.annotations.NullMarked;
