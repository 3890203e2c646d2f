/** The host's network: who has a port, and what keeps guests from the host's own services. */
@NullMarked
package dev.kelvin.host.net;

import org.jspecify.annotations.NullMarked;
