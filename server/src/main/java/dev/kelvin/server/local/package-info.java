/** Everything that works on this node, put together: it executes actions. */
@NullMarked
package dev.kelvin.server.local;

import org.jspecify.annotations.NullMarked;
