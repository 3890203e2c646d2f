/** Who may ask, and how much: the token, the gate, and TLS with its key and port. */
@NullMarked
package dev.kelvin.server.http.access;

import org.jspecify.annotations.NullMarked;
