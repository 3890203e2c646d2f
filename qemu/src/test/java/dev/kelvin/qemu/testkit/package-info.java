/**
 * Real QEMU processes and a guest that boots in seconds, for the tests of this and other modules.
 */
@NullMarked
package dev.kelvin.qemu.testkit;

import org.jspecify.annotations.NullMarked;
