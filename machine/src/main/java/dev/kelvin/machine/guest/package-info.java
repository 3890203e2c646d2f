/** What guests tell: by their agents, and by their serial ports. */
@NullMarked
package dev.kelvin.machine.guest;

import org.jspecify.annotations.NullMarked;
