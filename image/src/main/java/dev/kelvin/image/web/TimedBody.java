package dev.kelvin.image.web;

import dev.kelvin.model.PieceInput;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, read as it comes. A server that sends nothing for too long ends it; the
 * client of the JDK would wait for ever. The server is told to send only what is asked for, so that
 * little of it is in memory.
 */
final class TimedBody extends PieceInput {
  /** Pieces of at most 16 KiB, a record of TLS, that are asked for before they are read. */
  private static final int AHEAD = 8;

  private sealed interface Event {
    record Piece(List<ByteBuffer> buffers) implements Event {}

    record End(@Nullable Throwable failure) implements Event {}
  }

  private final Duration patience;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
  private List<ByteBuffer> current = List.of();
  private boolean ahead;
  private Event.@Nullable End end;

  private TimedBody(Duration patience) {
    this.patience = patience;
  }

  static BodySubscriber<TimedBody> subscriber(Duration patience) {
    return new Receiver(new TimedBody(patience));
  }

  private static final class Receiver implements BodySubscriber<TimedBody> {
    private final TimedBody body;

    Receiver(TimedBody body) {
      this.body = body;
    }

    @Override
    public CompletionStage<TimedBody> getBody() {
      return CompletableFuture.completedFuture(body);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      body.subscription.set(given);
      // One only: what breaks off before the reader is here would take along what has come.
      given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      body.events.add(new Event.Piece(buffers));
    }

    @Override
    public void onError(Throwable failure) {
      body.events.add(new Event.End(failure));
    }

    @Override
    public void onComplete() {
      body.events.add(new Event.End(null));
    }
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count = take(target, offset, length);
    while (count == 0) {
      if (!more()) {
        return -1;
      }
      count = take(target, offset, length);
    }
    // Pieces are small: those that are here already come along.
    while (count < length && events.peek() instanceof Event.Piece && more()) {
      count += take(target, offset + count, length - count);
    }
    return count;
  }

  /** Takes what is left of the current piece, as far as there is room for it. */
  private int take(byte[] target, int offset, int length) {
    int count = 0;
    for (ByteBuffer buffer : current) {
      int some = Math.min(length - count, buffer.remaining());
      buffer.get(target, offset + count, some);
      count += some;
    }
    return count;
  }

  /** Waits for the next piece; false at the end. */
  private boolean more() throws IOException {
    if (end == null) {
      switch (next()) {
        case Event.Piece(var buffers) -> {
          current = buffers;
          askForMore();
          return true;
        }
        case Event.End last -> end = last;
      }
    }
    current = List.of();
    Throwable failure = end.failure();
    if (failure != null) {
      IOException reason =
          failure instanceof IOException known
              ? known
              : new IOException(failure.getMessage(), failure);
      throw new Unfinished("the server broke off: " + Web.reason(reason), failure);
    }
    return false;
  }

  /** After each piece for one more; after the first for as many as may be ahead. */
  private void askForMore() {
    Flow.Subscription source = subscription.get();
    if (source != null) {
      source.request(ahead ? 1 : AHEAD);
      ahead = true;
    }
  }

  private Event next() throws IOException {
    try {
      Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw Unfinished.stalled(patience);
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while a body was read");
    }
  }

  /** Lets go of the connection; what has not been read is not wanted. */
  @Override
  public void close() {
    Flow.Subscription source = subscription.get();
    if (source != null) {
      source.cancel();
    }
  }
}
