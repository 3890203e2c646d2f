package dev.kelvin.server.http;

import dev.kelvin.server.action.Actions.ConsoleLink;
import dev.kelvin.server.action.Actions.ConsoleSink;
import dev.kelvin.server.http.answer.Live;
import dev.kelvin.server.http.guard.HeldBytes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * One console: bytes between a WebSocket and a VM. What the guest sends waits in a queue, because
 * the guest must not wait for a client; a client that lets too much wait is dropped. What the
 * client sends is read no faster than the guest takes it. Public only because Jetty calls the
 * listener's methods by reflection.
 */
public final class ConsoleSocket implements Session.Listener, ConsoleSink, Live.Endless {
  private static final Logger LOG = System.getLogger(ConsoleSocket.class.getName());

  /** More than a full picture of a large screen has. */
  static final int MOST_QUEUED_BYTES = 16 << 20;

  /** How long a client that is being dropped has to take the reason. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** RFC 6455, section 5.5: 125 bytes, of which the status takes two. */
  private static final int LONGEST_REASON = 123;

  private final Live live;
  private final Duration keepAlive;
  private final HeldBytes waiting;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
  private int queued;
  private boolean ended;
  private int status = StatusCode.NORMAL;
  private String reason = "";
  private @Nullable ConsoleLink link;
  private @Nullable Session session;

  ConsoleSocket(Live live, Duration keepAlive, HeldBytes waiting) {
    this.live = live;
    this.keepAlive = keepAlive;
    this.waiting = waiting;
  }

  /** Names the guest's end. Bytes may have come from there already. */
  void connect(ConsoleLink guest) {
    lock.lock();
    try {
      link = guest;
    } finally {
      lock.unlock();
    }
    live.add(this);
  }

  @Override
  public void data(byte[] fromGuest) {
    lock.lock();
    try {
      if (ended) {
        return;
      } else if (queued + fromGuest.length > MOST_QUEUED_BYTES
          || !waiting.tryTake(fromGuest.length)) {
        drop();
        finish(StatusCode.POLICY_VIOLATION, "the client reads too slowly");
        return;
      }
      queue.add(fromGuest);
      queued += fromGuest.length;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of what nobody will take any more. */
  private void drop() {
    waiting.give(queued);
    queue.clear();
    queued = 0;
  }

  @Override
  public void closed(String why) {
    finish(StatusCode.NORMAL, why);
  }

  /** The daemon ends. */
  @Override
  public void end() {
    finish(StatusCode.SHUTDOWN, "the daemon ends");
  }

  /** The WebSocket has not come about. */
  void abandon() {
    finish(StatusCode.NORMAL, "there is no connection");
    release();
    live.remove(this);
  }

  /** Lets what is queued go out, then closes. */
  private void finish(int newStatus, String newReason) {
    lock.lock();
    try {
      if (!ended) {
        ended = true;
        status = newStatus;
        reason = shorten(newReason);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private static String shorten(String reason) {
    String shorter = reason;
    while (shorter.getBytes(StandardCharsets.UTF_8).length > LONGEST_REASON) {
      shorter = shorter.substring(0, shorter.length() - 1);
    }
    return shorter;
  }

  /** Lets go of the guest's end, once, and of what it sent. */
  private void release() {
    ConsoleLink guest;
    lock.lock();
    try {
      guest = link;
      link = null;
      ended = true;
      drop();
    } finally {
      lock.unlock();
    }
    if (guest != null) {
      guest.close();
    }
  }

  @Override
  public void onWebSocketOpen(Session opened) {
    lock.lock();
    try {
      session = opened;
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("console").start(() -> send(opened));
    opened.demand();
  }

  /** Sends what the guest wrote, until one of the ends has gone. */
  private void send(Session client) {
    try {
      while (true) {
        byte[] bytes = take();
        if (bytes == null) {
          break;
        }
        var sent = new Callback.Completable();
        if (bytes.length == 0) {
          client.sendPing(ByteBuffer.allocate(0), sent);
        } else {
          client.sendBinary(ByteBuffer.wrap(bytes), sent);
        }
        await(client, sent);
      }
      var sent = new Callback.Completable();
      client.close(status, reason, sent);
      await(client, sent);
    } catch (ExecutionException e) {
      LOG.log(Level.DEBUG, "a console's client is gone", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      release();
      live.remove(this);
    }
  }

  /** The next bytes; none when it is time to show that the connection is alive; null at the end. */
  private byte @Nullable [] take() throws InterruptedException {
    lock.lock();
    try {
      long left = keepAlive.toNanos();
      while (queue.isEmpty() && !ended) {
        if (left <= 0) {
          return new byte[0];
        }
        left = changed.awaitNanos(left);
      }
      byte[] next = queue.poll();
      if (next != null) {
        queued -= next.length;
        waiting.give(next.length);
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the client to take what was sent; not for ever once the console has ended. */
  private void await(Session client, Callback.Completable sent)
      throws InterruptedException, ExecutionException {
    long endedAt = 0;
    while (true) {
      try {
        sent.get(1, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        if (!over()) {
          continue;
        }
        endedAt = endedAt == 0 ? System.nanoTime() : endedAt;
        if (System.nanoTime() - endedAt > GRACE.toNanos()) {
          client.disconnect();
          throw new ExecutionException("the client took nothing for " + GRACE, e);
        }
      }
    }
  }

  private boolean over() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** A part of a message: where messages begin and end means nothing to a console. */
  @Override
  public void onWebSocketPartialBinary(ByteBuffer payload, boolean last, Callback callback) {
    Session client;
    ConsoleLink guest;
    lock.lock();
    try {
      client = session;
      guest = link;
    } finally {
      lock.unlock();
    }
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    callback.succeed();
    if (guest != null && bytes.length > 0) {
      guest.send(bytes);
    }
    if (client != null) {
      client.demand();
    }
  }

  @Override
  public void onWebSocketPartialText(String payload, boolean last) {
    finish(StatusCode.BAD_DATA, "a console takes binary frames only");
  }

  @Override
  public void onWebSocketClose(int code, String why, Callback callback) {
    callback.succeed();
    finish(StatusCode.NORMAL, "the client has closed");
    release();
  }

  @Override
  public void onWebSocketError(Throwable cause) {
    LOG.log(Level.DEBUG, "a console's connection is broken", cause);
  }
}
