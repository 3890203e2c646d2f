/** Documents to and from JSON and YAML: strict towards users, lenient towards other versions. */
@NullMarked
package dev.kelvin.codec;

import org.jspecify.annotations.NullMarked;
