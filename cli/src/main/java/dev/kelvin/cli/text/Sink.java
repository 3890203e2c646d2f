package dev.kelvin.cli.text;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A stream that remembers why it could not be written to. A {@link java.io.PrintStream} above it
 * keeps that from the commands that print, so that the one who runs them all asks here at the end.
 * After a failure nothing more is written: there would be a hole in what was.
 */
public final class Sink extends OutputStream {
  private final OutputStream out;
  private final AtomicReference<IOException> failure = new AtomicReference<>();

  public Sink(OutputStream out) {
    this.out = out;
  }

  /** What went wrong first; empty while all has been written. */
  public Optional<IOException> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** Whether whoever read it, such as head(1), has enough: nobody needs to be told of that. */
  public static boolean isClosedPipe(IOException failure) {
    return String.valueOf(failure.getMessage()).contains("Broken pipe");
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    IOException before = failure.get();
    if (before != null) {
      throw new IOException(before);
    }
    try {
      out.write(bytes, offset, count);
    } catch (IOException e) {
      failure.compareAndSet(null, e);
      throw e;
    }
  }

  @Override
  public void flush() throws IOException {
    if (failure.get() == null) {
      try {
        out.flush();
      } catch (IOException e) {
        failure.compareAndSet(null, e);
        throw e;
      }
    }
  }
}
