/** How things are shown: tables, progress, differences, sizes and times, colours on terminals. */
@NullMarked
package dev.kelvin.cli.text;

import org.jspecify.annotations.NullMarked;
