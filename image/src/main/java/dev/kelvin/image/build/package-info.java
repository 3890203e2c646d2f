/** Makes Debian images: packages, file systems, a boot loader. */
@NullMarked
package dev.kelvin.image.build;

import org.jspecify.annotations.NullMarked;
