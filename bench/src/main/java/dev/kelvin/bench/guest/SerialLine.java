package dev.kelvin.bench.guest;

import dev.kelvin.bench.process.Await;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the guest's marker on a serial port that is a Unix socket. */
public final class SerialLine implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final CompletableFuture<Long> marker = new CompletableFuture<>();
  private volatile String seen = "";
  private final Thread reader;

  /** Reads from {@code socket} as soon as somebody listens there. */
  public SerialLine(Path socket) {
    reader =
        Thread.ofPlatform()
            .daemon()
            .name("serial")
            .start(() -> {
              try {
                marker.complete(read(socket));
              } catch (IOException | RuntimeException e) {
                marker.completeExceptionally(e);
              } catch (InterruptedException e) {
                marker.cancel(false);
              }
            });
  }

  private long read(Path socket) throws IOException, InterruptedException {
    Await.until("the serial port", LIMIT, () -> Files.exists(socket));
    try (SocketChannel channel = connect(socket)) {
      var text = new StringBuilder();
      var buffer = ByteBuffer.allocate(4096);
      while (channel.read(buffer) >= 0) {
        text.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
        seen = text.toString();
        buffer.clear();
        if (seen.contains(Guest.MARKER)) {
          return System.nanoTime();
        }
      }
      throw new IOException("the guest ended before its marker came: " + seen);
    }
  }

  /** Connects, also where the socket's file is there but nobody listens yet. */
  private static SocketChannel connect(Path socket) throws IOException, InterruptedException {
    return Await.result(
        "somebody at the serial port",
        LIMIT,
        () -> {
          try {
            return Optional.of(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
          } catch (ConnectException notYet) {
            return Optional.empty();
          }
        });
  }

  /** The time (of System.nanoTime) at which the marker was there. */
  public long await() throws IOException, InterruptedException {
    try {
      return marker.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException("reading the serial port", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(
          "the guest's init did not come in " + LIMIT.toSeconds() + " s; it wrote: " + seen, e);
    }
  }

  @Override
  public void close() throws IOException {
    reader.interrupt();
    Await.whileClosing(reader::join);
  }
}
