/** Tests of documents: what is read and written, and what is wrong with what they say. */
@NullMarked
package dev.kelvin.codec;

import org.jspecify.annotations.NullMarked;
