/** What guests tell, by their agents and by their serial ports; and what is done in them. */
@NullMarked
package dev.kelvin.machine.guest;

import org.jspecify.annotations.NullMarked;
