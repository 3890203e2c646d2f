/** Tasks that survive crashes: steps that are done, resumed or undone, and their admission. */
@NullMarked
package dev.kelvin.state.task;

import org.jspecify.annotations.NullMarked;
