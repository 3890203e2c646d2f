package dev.kelvin.server.http.answer;

import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.server.http.request.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * Writes a subscription as server-sent events (HTML Living Standard, section 9.2) on the thread of
 * its request, until the client goes away or the daemon ends. Comments keep the connection alive,
 * and show when the client is gone.
 */
final class EventStreamWriter implements Live.Endless {
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  /** The change whose data is a whole object, of which a client may want parts only. */
  private static final String PUT = "put";

  private final Subscription subscription;
  private final Projection projection;
  private final Encodings encodings;
  private final Duration keepAlive;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread thread;

  EventStreamWriter(
      Subscription subscription, Projection projection, Encodings encodings, Duration keepAlive) {
    this.subscription = subscription;
    this.projection = projection;
    this.encodings = encodings;
    this.keepAlive = keepAlive;
  }

  /**
   * Returns when the stream was ended from this side.
   *
   * @throws IOException when the client is gone
   */
  void run(Request request, Response response, Live live) throws IOException {
    var headers = response.getHeaders();
    headers.put(HttpHeader.CONTENT_TYPE, MediaTypes.EVENTS);
    headers.put(HttpHeader.CACHE_CONTROL, "no-store");
    lock.lock();
    try {
      thread = Thread.currentThread();
    } finally {
      lock.unlock();
    }
    request.addFailureListener(gone -> end());
    live.add(this);
    try {
      // The first bytes show the client that it is heard, before anything happens.
      Content.Sink.write(response, false, ByteBuffer.wrap(COMMENT));
      while (!Thread.currentThread().isInterrupted()) {
        Item item = subscription.next(keepAlive);
        Content.Sink.write(response, false, ByteBuffer.wrap(item == null ? COMMENT : encode(item)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ProblemException e) {
      Content.Sink.write(response, false, ByteBuffer.wrap(encode(e)));
    } finally {
      live.remove(this);
      release();
    }
    Content.Sink.write(response, true, ByteBuffer.allocate(0));
  }

  /** Takes back the interrupt with which the stream was ended: the thread has other work to do. */
  private void release() {
    lock.lock();
    try {
      thread = null;
    } finally {
      lock.unlock();
    }
    boolean _ = Thread.interrupted();
  }

  @Override
  public void end() {
    lock.lock();
    try {
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  private byte[] encode(Item item) {
    Object data = item.event().equals(PUT) ? projection.of(item.data()) : item.data();
    return encode(Long.toString(item.id()), item.event(), encodings.json(data));
  }

  private static byte[] encode(ProblemException e) {
    return encode(null, "problem", ProblemRenderer.json(e.problem()));
  }

  private static byte[] encode(@Nullable String id, String event, byte[] json) {
    // JSON without indentation is one line, as a data field has to be.
    String head = (id == null ? "" : "id: " + id + "\n") + "event: " + event + "\ndata: ";
    byte[] before = head.getBytes(StandardCharsets.UTF_8);
    var all = ByteBuffer.allocate(before.length + json.length + 2);
    return all.put(before).put(json).put((byte) '\n').put((byte) '\n').array();
  }
}
