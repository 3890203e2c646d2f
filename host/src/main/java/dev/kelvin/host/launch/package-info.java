/**
 * Processes in cells, those that outlive the daemon and those that end with it, and what the
 * service manager is told of the daemon itself.
 */
@NullMarked
package dev.kelvin.host.launch;

import org.jspecify.annotations.NullMarked;
