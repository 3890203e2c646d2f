package dev.kelvin.qmp;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Lines over a Unix socket, in both directions. One virtual thread reads and one writes, so that a
 * peer which stops reading blocks neither the callers nor the reader.
 */
final class Wire implements AutoCloseable {
  private static final int READ_SIZE = 64 * 1024;
  private static final int OUTGOING = 64;

  /** Hears the lines, on the reader's thread; it must not block. */
  interface Receiver {
    /** A whole line. An exception ends the connection. */
    void line(byte[] line) throws QmpException.ProtocolViolation;

    /** The last call. */
    void ended(@Nullable QmpException why);
  }

  /** A message on its way out. */
  static final class Outgoing {
    private enum Stage {
      WAITING,
      SENT,
      WITHDRAWN
    }

    private final byte[] bytes;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    private Outgoing(byte[] bytes) {
      this.bytes = bytes;
    }

    /** Takes the message back; false when the peer may have it already. */
    boolean withdraw() {
      return stage.compareAndSet(Stage.WAITING, Stage.WITHDRAWN);
    }
  }

  private final SocketChannel channel;
  private final int limit;
  private final BlockingQueue<Outgoing> outgoing = new ArrayBlockingQueue<>(OUTGOING);
  private final AtomicBoolean closedHere = new AtomicBoolean();
  private final AtomicReference<@Nullable IOException> writeFault = new AtomicReference<>();
  private volatile @Nullable Thread writer;

  private Wire(SocketChannel channel, int limit) {
    this.channel = channel;
    this.limit = limit;
  }

  /**
   * Connects to a socket that is there; it does not wait for one to appear.
   *
   * @param limit the longest line that is accepted, in bytes
   */
  static Wire open(Path socket, Duration timeout, int limit)
      throws QmpException, InterruptedException {
    SocketChannel channel;
    try {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    } catch (IOException e) {
      throw new QmpException.Disconnected("cannot make a Unix socket", e);
    }
    boolean connected = false;
    try {
      connect(channel, socket, timeout);
      connected = true;
      return new Wire(channel, limit);
    } finally {
      if (!connected) {
        closeQuietly(channel);
      }
    }
  }

  private static void connect(SocketChannel channel, Path socket, Duration timeout)
      throws QmpException, InterruptedException {
    var done = new CompletableFuture<Void>();
    // A platform thread: on a virtual one the socket is non-blocking, and a peer that hangs with
    // its
    // backlog full would look like one that is not there.
    Thread.ofPlatform()
        .daemon()
        .name("qmp-connect")
        .start(() -> {
          try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            done.complete(null);
          } catch (IOException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    try {
      done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new QmpException.TimedOut("connecting to " + socket, timeout, false);
    } catch (ExecutionException e) {
      throw new QmpException.Disconnected("nobody answers at " + socket, e);
    }
  }

  /** Begins to read and to write. */
  void start(Receiver receiver) {
    writer = Thread.ofVirtual().name("qmp-writer").start(this::write);
    Thread.ofVirtual().name("qmp-reader").start(() -> read(receiver));
  }

  /**
   * Queues a message.
   *
   * @throws QmpException.TimedOut when the peer has stopped reading and the queue stays full
   */
  Outgoing send(String what, byte[] bytes, Duration timeout)
      throws QmpException.TimedOut, InterruptedException {
    var message = new Outgoing(bytes);
    if (!outgoing.offer(message, timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new QmpException.TimedOut(what, timeout, false);
    }
    return message;
  }

  private void read(Receiver receiver) {
    var lines = new Lines(limit);
    var buffer = ByteBuffer.allocate(READ_SIZE);
    QmpException end = null;
    try {
      while (channel.read(buffer.clear()) >= 0) {
        lines.feed(buffer.flip(), receiver::line);
      }
      end = new QmpException.Disconnected("the peer closed the connection", writeFault.get());
    } catch (IOException e) {
      end = new QmpException.Disconnected("the connection broke", e);
    } catch (QmpException e) {
      end = e;
    } catch (RuntimeException e) {
      end = new QmpException.ProtocolViolation("a message that cannot be understood", e);
    } finally {
      QmpException why = closedHere.get() ? null : end;
      close();
      receiver.ended(why);
    }
  }

  private void write() {
    try {
      while (true) {
        var message = outgoing.take();
        if (message.stage.compareAndSet(Outgoing.Stage.WAITING, Outgoing.Stage.SENT)) {
          var bytes = ByteBuffer.wrap(message.bytes);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        }
      }
    } catch (IOException e) {
      // The reader sees the end of the connection too, and tells everyone.
      writeFault.set(e);
      closeQuietly(channel);
    } catch (InterruptedException e) {
      // close() interrupts this thread to end it; there is nobody to pass it on to.
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closedHere.set(true);
    closeQuietly(channel);
    var thread = writer;
    if (thread != null) {
      thread.interrupt();
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(Wire.class.getName())
          .log(System.Logger.Level.DEBUG, "closing a socket failed; its descriptor is gone", e);
    }
  }
}
