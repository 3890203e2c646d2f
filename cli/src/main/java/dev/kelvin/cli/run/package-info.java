/**
 * What {@code kelvin run} is made of: a daemon, a host that has all it needs, an image, a guest.
 */
@NullMarked
package dev.kelvin.cli.run;

import org.jspecify.annotations.NullMarked;
