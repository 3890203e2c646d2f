/** What a guest is told when it starts for the first time: cloud-init and Windows. */
@NullMarked
package dev.kelvin.image.seed;

import org.jspecify.annotations.NullMarked;
