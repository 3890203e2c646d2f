/** Tests in a Debian of their own, whose systemd and kernel they can do with as they like. */
@NullMarked
package dev.kelvin.it.lab;

import org.jspecify.annotations.NullMarked;
