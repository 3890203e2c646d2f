/** Tests of the wire clients: against scripted peers for faults, against real ones for truth. */
@NullMarked
package dev.kelvin.qmp;

import org.jspecify.annotations.NullMarked;
