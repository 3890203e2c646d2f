/** What is done with a QEMU that runs, and what it tells. */
@NullMarked
package dev.kelvin.qemu.control;

import org.jspecify.annotations.NullMarked;
