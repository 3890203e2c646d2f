/** Tells what a field of a document is, from the schema that ships with the program. */
@NullMarked
package dev.kelvin.cli.explain;

import org.jspecify.annotations.NullMarked;
