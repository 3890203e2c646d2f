/** What runs or lies on the host and is in no store, or in one that cannot be read. */
@NullMarked
package dev.kelvin.machine.unknown;

import org.jspecify.annotations.NullMarked;
