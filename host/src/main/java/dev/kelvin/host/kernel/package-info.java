/**
 * Foreign calls: what the kernel and the C library have and the JDK has no method for. The other
 * packages of this module use them, and nobody else.
 */
@NullMarked
package dev.kelvin.host.kernel;

import org.jspecify.annotations.NullMarked;
