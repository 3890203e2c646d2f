/** Tests of backup and restore. */
@NullMarked
package dev.kelvin.state.backup;

import org.jspecify.annotations.NullMarked;
