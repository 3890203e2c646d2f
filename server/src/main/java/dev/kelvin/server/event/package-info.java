/** What happens on this node, told to whoever listens. */
@NullMarked
package dev.kelvin.server.event;

import org.jspecify.annotations.NullMarked;
