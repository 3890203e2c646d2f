/** Tests of how the daemon is put together. */
@NullMarked
package dev.kelvin.server;

import org.jspecify.annotations.NullMarked;
