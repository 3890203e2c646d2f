/** How much clients may make the daemon hold, and who gives way when it is too much. */
@NullMarked
package dev.kelvin.server.http.guard;

import org.jspecify.annotations.NullMarked;
