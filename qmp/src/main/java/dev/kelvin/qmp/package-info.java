/**
 * The two wire protocols of QEMU: QMP, which controls a virtual machine, and the guest agent's,
 * which reaches into its guest. Both are JSON lines over a Unix socket; a peer that hangs, floods,
 * lies or dies costs its caller an exception and nothing else. Knows nothing of Kelvin.
 */
@NullMarked
package dev.kelvin.qmp;

import org.jspecify.annotations.NullMarked;
