/**
 * Parsers of what others send, fed with garbage: inputs that were kept, and for a bounded time
 * those that Jazzer thinks of. Targets of classes that are not public lie in the packages of those.
 */
@NullMarked
package dev.kelvin.it.fuzz;

import org.jspecify.annotations.NullMarked;
