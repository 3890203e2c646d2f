/**
 * Puts the program together at build time: copies its jars, writes the arguments of its JVMs and
 * makes their AOT caches (JEP 483, 514) by running it. Not part of the program.
 */
@NullMarked
package dev.kelvin.dist;

import org.jspecify.annotations.NullMarked;
