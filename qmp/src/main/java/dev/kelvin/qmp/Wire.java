package dev.kelvin.qmp;

import java.io.IOException;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lines over a Unix socket, in both directions. One virtual thread reads and one writes, so that a
 * peer which stops reading blocks neither the callers nor the reader.
 */
final class Wire implements AutoCloseable {
  private static final int READ_SIZE = 16 * 1024;
  private static final int OUTGOING = 64;

  /** A peer that sends more than this for long is read more slowly, whatever it sends. */
  private static final int BYTES_PER_SECOND = 16 << 20;

  /**
   * Of a flood of short lines much is read at once: to be woken for each costs more than to read
   * it. Answers come that much later.
   */
  private static final long FLOOD_REST = TimeUnit.MILLISECONDS.toNanos(10);

  /** When to try again what the peer has no room for. */
  private static final long ROOM_AGAIN = TimeUnit.MILLISECONDS.toNanos(5);

  /**
   * How long a large message may take from when it holds what other peers could have to its end. A
   * peer that has not ended it by then is hung up on: silence in the middle would hold it for ever.
   */
  static final Duration LARGE_MESSAGE = Duration.ofSeconds(20);

  /** Hears the lines, on the reader's thread; it must not block. */
  interface Receiver extends Lines.Sink {
    /**
     * So much was read; called before the lines that are in it. An exception ends the connection.
     */
    void heard(int bytes) throws QmpException.ProtocolViolation;

    /** Whether what was read since the last call held lines that came too often. */
    default boolean flooded() {
      return false;
    }

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
    private final @Nullable Enclosure enclosure;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    private Outgoing(byte[] bytes, @Nullable Enclosure enclosure) {
      this.bytes = bytes;
      this.enclosure = enclosure;
    }

    /** Takes the message back; false when the peer may have it already. */
    boolean withdraw() {
      return stage.compareAndSet(Stage.WAITING, Stage.WITHDRAWN);
    }
  }

  private final SocketChannel channel;
  private final Lines lines;
  private final Duration largeMessage;
  private final BlockingQueue<Outgoing> outgoing = new ArrayBlockingQueue<>(OUTGOING);
  private final AtomicBoolean closedHere = new AtomicBoolean();
  private final AtomicReference<@Nullable IOException> writeFault = new AtomicReference<>();
  private volatile @Nullable Thread writer;

  /** When the large message that has begun must have ended; 0 when there is none. */
  private final AtomicLong due = new AtomicLong();

  /** Whether somebody looks at {@link #due} when it has come. */
  private final AtomicBoolean watched = new AtomicBoolean();

  private volatile boolean stalled;

  private Wire(SocketChannel channel, Budget.Peer peer, Duration largeMessage) {
    this.channel = channel;
    this.lines = new Lines(peer);
    this.largeMessage = largeMessage;
  }

  /**
   * Connects to a socket that is there; it does not wait for one to appear.
   *
   * @param peer whose part of the budget it takes
   */
  static Wire open(Path socket, Duration timeout, Dialer dialer, Budget.Peer peer)
      throws QmpException, InterruptedException {
    return open(socket, timeout, dialer, peer, LARGE_MESSAGE);
  }

  static Wire open(
      Path socket, Duration timeout, Dialer dialer, Budget.Peer peer, Duration largeMessage)
      throws QmpException, InterruptedException {
    var dialed = new CompletableFuture<SocketChannel>();
    // A platform thread: on a virtual one the socket is non-blocking, and a peer that hangs with
    // its backlog full would look like one that is not there.
    Thread dialing =
        Thread.ofPlatform()
            .daemon()
            .name("qmp-connect")
            .start(() -> {
              try {
                SocketChannel channel = dialer.dial(socket);
                if (!dialed.complete(channel)) {
                  closeQuietly(channel);
                }
              } catch (IOException | RuntimeException e) {
                dialed.completeExceptionally(e);
              }
            });
    try {
      return new Wire(dialed.get(timeout.toNanos(), TimeUnit.NANOSECONDS), peer, largeMessage);
    } catch (TimeoutException e) {
      throw new QmpException.TimedOut("connecting to " + socket, timeout, false);
    } catch (ExecutionException e) {
      throw new QmpException.Disconnected("nobody answers at " + socket + why(e), e);
    } finally {
      if (dialed.cancel(false)) {
        dialing.interrupt(); // ends a connect(2) that hangs
      }
    }
  }

  private static String why(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause instanceof WrongPeerException ? ": " + cause.getMessage() : "";
  }

  /** Begins to read and to write. */
  void start(Receiver receiver) {
    writer = Thread.ofVirtual().name("qmp-writer").start(this::write);
    Thread.ofVirtual().name("qmp-reader").start(() -> read(receiver));
  }

  /**
   * Queues a message.
   *
   * @param enclosure goes with its first byte
   * @throws QmpException.TimedOut when the peer has stopped reading and the queue stays full
   */
  Outgoing send(String what, byte[] bytes, @Nullable Enclosure enclosure, Duration timeout)
      throws QmpException.TimedOut, InterruptedException {
    var message = new Outgoing(bytes, enclosure);
    if (!outgoing.offer(message, timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new QmpException.TimedOut(what, timeout, false);
    }
    return message;
  }

  private void read(Receiver receiver) {
    var buffer = ByteBuffer.allocate(READ_SIZE);
    var pace = new TokenBucket(2 * BYTES_PER_SECOND, BYTES_PER_SECOND, System::nanoTime);
    QmpException end = null;
    try (lines) {
      while (channel.read(buffer.clear()) >= 0) {
        receiver.heard(buffer.flip().remaining());
        int bytes = buffer.remaining();
        lines.feed(buffer, receiver);
        timeLargeMessage();
        long flood = receiver.flooded() && bytes < READ_SIZE ? FLOOD_REST : 0;
        rest(Math.max(flood, pace.owe(bytes)));
      }
      end = new QmpException.Disconnected("the peer closed the connection", writeFault.get());
    } catch (IOException e) {
      end =
          new QmpException.Disconnected(
              stalled
                  ? "a message had not ended " + largeMessage.toSeconds() + " s after it began"
                  : "the connection broke",
              e);
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

  private static void rest(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** Sees to it that a message that has begun ends, or the connection does. */
  private void timeLargeMessage() {
    if (!lines.holds()) {
      due.set(0);
    } else if (due.get() == 0) {
      // Never 0, which says that there is none.
      due.set((System.nanoTime() + largeMessage.toNanos()) | 1);
      if (watched.compareAndSet(false, true)) {
        lookIn(largeMessage.toNanos());
      }
    }
  }

  private void lookIn(long nanos) {
    CompletableFuture.delayedExecutor(
            nanos, TimeUnit.NANOSECONDS, task -> Thread.ofVirtual().name("qmp-stall").start(task))
        .execute(this::look);
  }

  /** One look at a time, whatever the number of messages. */
  private void look() {
    long end = due.get();
    if (end == 0) {
      watched.set(false);
      // One may have begun meanwhile, and have found this look still under way.
      end = due.get();
      if (end == 0 || !watched.compareAndSet(false, true)) {
        return;
      }
    }
    long left = end - System.nanoTime();
    if (left > 0) {
      lookIn(left);
    } else {
      stalled = true;
      closeQuietly(channel);
    }
  }

  private void write() {
    try {
      while (true) {
        var message = outgoing.take();
        if (message.stage.compareAndSet(Outgoing.Stage.WAITING, Outgoing.Stage.SENT)) {
          var bytes = ByteBuffer.wrap(message.bytes);
          if (message.enclosure != null && !enclose(message.enclosure, bytes)) {
            continue;
          }
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
    } catch (RuntimeException | Error e) {
      // Whatever it is: nothing would be sent any more, and nobody would know.
      closeQuietly(channel);
      throw e;
    }
  }

  /** Sends the beginning of a message with what goes with it; false when it does not go at all. */
  private boolean enclose(Enclosure enclosure, ByteBuffer bytes)
      throws IOException, InterruptedException {
    try {
      while (!enclosure.send(channel, bytes)) {
        LockSupport.parkNanos(ROOM_AGAIN);
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while QEMU took nothing");
        }
      }
      return true;
    } catch (Enclosure.NotSent e) {
      return false; // its caller has been told
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
