/** The whole product: daemons as processes of their own, real QEMU, guests that boot. */
@NullMarked
package dev.kelvin.it.product;

import org.jspecify.annotations.NullMarked;
