/**
 * The host's ports that lead to guests: which are free, which were chosen before, which only root
 * has.
 */
@NullMarked
package dev.kelvin.machine.launch.port;

import org.jspecify.annotations.NullMarked;
