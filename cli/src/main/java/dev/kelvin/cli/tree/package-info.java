/**
 * Directories as archives of tar: local ones packed, those of guests, who are hostile, unpacked.
 */
@NullMarked
package dev.kelvin.cli.tree;

import org.jspecify.annotations.NullMarked;
