/** The daemon: the only place where implementations are wired to interfaces. */
@NullMarked
package dev.kelvin.server;

import org.jspecify.annotations.NullMarked;
