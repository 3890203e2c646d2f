package dev.kelvin.qmp;

import java.io.IOException;

/** A socket is not that of the process which it should be of; see {@link Dialer}. */
public final class WrongPeerException extends IOException {
  public WrongPeerException(String message, Throwable reason) {
    super(message, reason);
  }
}
