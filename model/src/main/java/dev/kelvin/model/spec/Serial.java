package dev.kelvin.model.spec;

import dev.kelvin.model.ByteSize;

/**
 * The first serial port, reached through the daemon.
 *
 * @param enabled whether the VM has one
 * @param logSize how much of its output is kept
 */
public record Serial(Boolean enabled, ByteSize logSize) {
  public Serial {
    enabled = enabled == null ? Boolean.TRUE : enabled;
    logSize = logSize == null ? ByteSize.ofMiB(1) : logSize;
  }
}
