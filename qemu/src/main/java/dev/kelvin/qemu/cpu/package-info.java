/**
 * CPU models: what QEMU says of them, whether a spec's runs on a host, and the largest that several
 * hosts have in common. Everything here computes; nothing starts a process.
 */
@NullMarked
package dev.kelvin.qemu.cpu;

import org.jspecify.annotations.NullMarked;
