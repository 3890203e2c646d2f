/** Manual pages, made from the commands' own help when the program is packed. */
@NullMarked
package dev.kelvin.cli.man;

import org.jspecify.annotations.NullMarked;
