/**
 * What a process is confined by: a description ({@link dev.kelvin.host.cell.Confinement}), how it
 * takes effect ({@link dev.kelvin.host.cell.Cell}), and what can be seen of it from outside.
 */
@NullMarked
package dev.kelvin.host.cell;

import org.jspecify.annotations.NullMarked;
