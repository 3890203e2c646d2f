package dev.kelvin.image.web;

import java.io.InputStream;

/** An answer to a request for a file: its head, and its body as it comes. */
public interface Answer extends AutoCloseable {
  AnswerHead head();

  /**
   * The body, to be read by one thread. It throws {@link Unfinished} when not all of it comes, and
   * {@link java.io.InterruptedIOException} when the thread is interrupted, which it stays.
   */
  InputStream body();

  /** Lets go of the connection, and of whoever has it; what has not been read is not wanted. */
  @Override
  void close();
}
