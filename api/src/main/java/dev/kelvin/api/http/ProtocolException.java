package dev.kelvin.api.http;

import java.io.IOException;

/** The other end does not keep to HTTP, or not to the limits that are set here. */
public final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  public ProtocolException(String message) {
    super(message);
  }
}
