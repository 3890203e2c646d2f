package dev.kelvin.host.program;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one output stream of a program, in a platform thread because a virtual thread that blocks
 * in a pipe holds its carrier. Keeps at most a number of bytes: the last ones, or fails when there
 * are more.
 */
final class OutputReader implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(OutputReader.class.getName());

  /** Longer lines are given in pieces. */
  private static final int MAX_LINE = 8192;

  private final InputStream stream;
  private final int limit;
  private final boolean keepLast;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile byte[] kept = new byte[0];
  private volatile @Nullable RuntimeException failure;
  private volatile boolean closed;

  OutputReader(InputStream stream, int limit, boolean keepLast) {
    this.stream = stream;
    this.limit = limit;
    this.keepLast = keepLast;
  }

  void start(String name, @Nullable Consumer<String> line) {
    Thread.ofPlatform().daemon().name(name).start(() -> read(line));
  }

  private void read(@Nullable Consumer<String> line) {
    var all = new ByteArrayOutputStream();
    var current = new ByteArrayOutputStream();
    byte[] buffer = new byte[MAX_LINE];
    try {
      for (int length = stream.read(buffer); length >= 0; length = stream.read(buffer)) {
        all.write(buffer, 0, length);
        if (all.size() > limit) {
          shorten(all);
        }
        if (line != null) {
          lines(buffer, length, current, line);
        }
      }
      if (line != null && current.size() > 0) {
        line.accept(current.toString(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      if (!closed) {
        LOG.log(System.Logger.Level.WARNING, "Output of a program cannot be read", e);
      }
    } catch (RuntimeException e) {
      failure = e;
    } finally {
      byte[] bytes = all.toByteArray();
      kept = bytes.length > limit ? tail(bytes) : bytes;
      ended.countDown();
    }
  }

  private void shorten(ByteArrayOutputStream all) {
    if (!keepLast) {
      throw Problem.of(Code.HOST_FAILURE, "A program wrote more than it should")
          .because("its output exceeds " + limit + " bytes")
          .remedy("see what it works on: it may be damaged or hostile")
          .asException();
    }
    if (all.size() > 2L * limit + MAX_LINE) {
      byte[] last = tail(all.toByteArray());
      all.reset();
      all.writeBytes(last);
    }
  }

  private byte[] tail(byte[] bytes) {
    return Arrays.copyOfRange(bytes, bytes.length - limit, bytes.length);
  }

  private static void lines(
      byte[] buffer, int length, ByteArrayOutputStream current, Consumer<String> line) {
    for (int i = 0; i < length; i++) {
      boolean ends = buffer[i] == '\n' || buffer[i] == '\r';
      if (!ends) {
        current.write(buffer[i]);
      }
      if (current.size() > 0 && (ends || current.size() == MAX_LINE)) {
        line.accept(current.toString(StandardCharsets.UTF_8));
        current.reset();
      }
    }
  }

  /** Throws what has gone wrong while reading, if anything has. */
  void check() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }

  /** Waits until everything is read; false when something holds the stream open for longer. */
  boolean join(Duration patience) throws InterruptedException {
    return ended.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** What was kept; complete after {@link #join}. */
  String text() {
    return new String(kept, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    closed = true;
    try {
      stream.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "A pipe to an ended program cannot be closed", e);
    }
  }
}
