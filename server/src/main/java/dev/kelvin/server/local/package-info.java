/** Executes actions on this node. */
@NullMarked
package dev.kelvin.server.local;

import org.jspecify.annotations.NullMarked;
