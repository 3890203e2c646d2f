/** Lists of objects, what of them was asked for, and streams of what happens to them. */
@NullMarked
package dev.kelvin.server.local.watch;

import org.jspecify.annotations.NullMarked;
