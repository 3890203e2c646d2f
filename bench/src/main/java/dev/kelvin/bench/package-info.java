/**
 * Measures Kelvin side by side with QEMU started by hand and with libvirt, in one run on one
 * machine, and holds the ratios against bars.
 */
@NullMarked
package dev.kelvin.bench;

import org.jspecify.annotations.NullMarked;
