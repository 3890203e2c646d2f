/** Tests of what clients may make the daemon hold. */
@NullMarked
package dev.kelvin.server.http.guard;

import org.jspecify.annotations.NullMarked;
