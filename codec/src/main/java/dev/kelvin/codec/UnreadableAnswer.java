package dev.kelvin.codec;

import org.jspecify.annotations.Nullable;

/** An answer is no JSON, or none of the type that was asked for. The message says where and why. */
public final class UnreadableAnswer extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreadableAnswer(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
