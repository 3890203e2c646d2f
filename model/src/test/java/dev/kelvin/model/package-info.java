/** Tests of the words of Kelvin. */
@NullMarked
package dev.kelvin.model;

import org.jspecify.annotations.NullMarked;
