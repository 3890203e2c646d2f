/** What the daemon says, within bounds. */
@NullMarked
package dev.kelvin.server.log;

import org.jspecify.annotations.NullMarked;
