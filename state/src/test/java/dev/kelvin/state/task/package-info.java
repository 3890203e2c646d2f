/** Tests of tasks: crashes, resumption, admission. */
@NullMarked
package dev.kelvin.state.task;

import org.jspecify.annotations.NullMarked;
