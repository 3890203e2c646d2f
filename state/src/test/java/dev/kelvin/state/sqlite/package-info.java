/** Tests of the SQLite file: crashes, full disks, other programs. */
@NullMarked
package dev.kelvin.state.sqlite;

import org.jspecify.annotations.NullMarked;
