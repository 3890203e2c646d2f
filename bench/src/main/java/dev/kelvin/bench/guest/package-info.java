/** Guests that are small enough not to be what is measured. */
@NullMarked
package dev.kelvin.bench.guest;

import org.jspecify.annotations.NullMarked;
