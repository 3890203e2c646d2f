/** What the host can do, proved by doing it: the checks, and the report that they make. */
@NullMarked
package dev.kelvin.host.check;

import org.jspecify.annotations.NullMarked;
