/**
 * Processes: which one it is, what it uses, what share of the CPUs it gets, whose it is, how it
 * ends; and the users that they run as.
 */
@NullMarked
package dev.kelvin.host.process;

import org.jspecify.annotations.NullMarked;
