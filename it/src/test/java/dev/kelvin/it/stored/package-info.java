/** What earlier versions have stored can be read for ever. */
@NullMarked
package dev.kelvin.it.stored;

import org.jspecify.annotations.NullMarked;
