/** The volumes of disks: who has which, and what happens to those that nobody has. */
@NullMarked
package dev.kelvin.machine.volume;

import org.jspecify.annotations.NullMarked;
