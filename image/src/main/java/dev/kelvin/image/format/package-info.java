/** Disks that others made: what their headers say, and raw or qcow2 of them. */
@NullMarked
package dev.kelvin.image.format;

import org.jspecify.annotations.NullMarked;
