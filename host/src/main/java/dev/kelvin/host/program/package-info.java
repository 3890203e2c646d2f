/**
 * Other programs: where they are, which packages of the distribution have them, and how one is run
 * within limits and waited for.
 */
@NullMarked
package dev.kelvin.host.program;

import org.jspecify.annotations.NullMarked;
