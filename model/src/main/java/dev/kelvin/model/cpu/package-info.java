/** What CPUs a host can give to guests, as documents that can be carried to another host. */
@NullMarked
package dev.kelvin.model.cpu;

import org.jspecify.annotations.NullMarked;
