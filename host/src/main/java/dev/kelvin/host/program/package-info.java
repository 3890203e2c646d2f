/**
 * Other programs: where they are, which packages of the distribution have them, and how one is run
 * within limits and waited for, also one that is not trusted.
 */
@NullMarked
package dev.kelvin.host.program;

import org.jspecify.annotations.NullMarked;
