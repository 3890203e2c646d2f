/** Whether what the node stands on holds, and what was known when it last did. */
@NullMarked
package dev.kelvin.server.local.health;

import org.jspecify.annotations.NullMarked;
