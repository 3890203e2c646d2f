/**
 * What a supervisor knows of that which runs its VM: an engine starts it, takes it over, changes
 * and ends it, and tells of it, in words that hold for whatever the process is.
 */
@NullMarked
package dev.kelvin.machine.engine;

import org.jspecify.annotations.NullMarked;
