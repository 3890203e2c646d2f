/** Executes actions on the node as a whole: what it is and can do, its state, its figures. */
@NullMarked
package dev.kelvin.server.local.node;

import org.jspecify.annotations.NullMarked;
