/** The whole store in a file, and back; and what is found when each document is read. */
@NullMarked
package dev.kelvin.state.backup;

import org.jspecify.annotations.NullMarked;
