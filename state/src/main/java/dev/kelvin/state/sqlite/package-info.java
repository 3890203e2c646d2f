/**
 * The store in a SQLite file of its own: one thread that writes, some that read, and disk space
 * held back for the day when the disk is full.
 */
@NullMarked
package dev.kelvin.state.sqlite;

import org.jspecify.annotations.NullMarked;
