/** The commands, a small class for each. */
@NullMarked
package dev.kelvin.cli.command;

import org.jspecify.annotations.NullMarked;
