package dev.kelvin.api.http;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A WebSocket. One thread may receive while others send. */
public interface MessageSocket extends Closeable {
  /** Sends a binary message. */
  void send(byte[] message) throws IOException;

  /** The next message, binary or text; null when the other end has closed. */
  byte @Nullable [] receive() throws IOException;

  /** Why the other end closed; empty when it did not say. */
  String closeReason();
}
