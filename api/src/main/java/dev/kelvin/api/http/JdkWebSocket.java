package dev.kelvin.api.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The JDK's asynchronous WebSocket as one that is read and written by threads. */
final class JdkWebSocket implements WebSocket.Listener, MessageSocket {
  /** What came: a message, the end, or a failure. */
  private sealed interface Arrival {
    record Message(ByteBuffer bytes) implements Arrival {}

    record End() implements Arrival {}

    record Failure(Throwable why) implements Arrival {}
  }

  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final ReentrantLock sending = new ReentrantLock();
  private final ByteArrayOutputStream part = new ByteArrayOutputStream();
  private volatile @Nullable WebSocket socket;
  private volatile String closeReason = "";

  /** The other end has closed; the JDK answers to that by itself. */
  private volatile boolean ended;

  JdkWebSocket opened(WebSocket opened) {
    socket = opened;
    return this;
  }

  private WebSocket socket() throws IOException {
    WebSocket open = socket;
    if (open == null) {
      throw new IOException("the WebSocket is not open");
    }
    return open;
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    take(from, bytes, last);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    take(from, data.toString().getBytes(StandardCharsets.UTF_8), last);
    return null;
  }

  private void take(WebSocket from, byte[] bytes, boolean last) {
    part.writeBytes(bytes);
    if (last) {
      arrivals.add(new Arrival.Message(ByteBuffer.wrap(part.toByteArray())));
      part.reset();
    }
    from.request(1);
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
    closeReason = reason;
    ended = true;
    arrivals.add(new Arrival.End());
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    ended = true;
    arrivals.add(new Arrival.Failure(error));
  }

  @Override
  public void send(byte[] message) throws IOException {
    sending.lock();
    try {
      socket().sendBinary(ByteBuffer.wrap(message), true).join();
    } catch (CompletionException e) {
      throw new IOException(e.getCause());
    } finally {
      sending.unlock();
    }
  }

  @Override
  public byte @Nullable [] receive() throws IOException {
    try {
      return switch (arrivals.take()) {
        case Arrival.Message message -> message.bytes().array();
        case Arrival.End end -> {
          arrivals.add(end);
          yield null;
        }
        case Arrival.Failure failure -> throw new IOException(failure.why());
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  @Override
  public String closeReason() {
    return closeReason;
  }

  @Override
  public void close() throws IOException {
    WebSocket open = socket();
    try {
      if (!ended) {
        open.sendClose(WebSocket.NORMAL_CLOSURE, "").orTimeout(2, TimeUnit.SECONDS).join();
      }
    } catch (CompletionException e) {
      throw new IOException(e.getCause());
    } finally {
      open.abort();
    }
  }
}
