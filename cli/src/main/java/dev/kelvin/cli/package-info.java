/**
 * The command line: finds the command that was typed, loads only that one, and says what went
 * wrong. It speaks to the daemon through the API alone.
 */
@NullMarked
package dev.kelvin.cli;

import org.jspecify.annotations.NullMarked;
