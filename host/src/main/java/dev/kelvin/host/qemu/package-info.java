/**
 * The QEMUs of the host: which one is used, what it has, and the firmware and programs that go with
 * it.
 */
@NullMarked
package dev.kelvin.host.qemu;

import org.jspecify.annotations.NullMarked;
