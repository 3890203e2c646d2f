/** Completes what is typed in a shell, which calls the program for it. */
@NullMarked
package dev.kelvin.cli.complete;

import org.jspecify.annotations.NullMarked;
