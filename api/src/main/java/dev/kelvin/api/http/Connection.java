package dev.kelvin.api.http;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * A connection that is read and written as streams, with a limit on how long the other end may do
 * nothing. A channel has no time-outs of its own; selectors wait in its stead, one for each
 * direction so that two threads can wait at the same time.
 */
final class Connection implements Closeable {
  private final SocketChannel channel;
  private final Selector readable;
  private final Selector writable;
  private volatile long quietMillis;

  final InputStream in = new Input();
  final OutputStream out = new Output();

  Connection(SocketChannel channel, Duration quiet) throws IOException {
    this.channel = channel;
    this.quietMillis = quiet.toMillis();
    channel.configureBlocking(false);
    readable = channel.provider().openSelector();
    writable = channel.provider().openSelector();
    channel.register(readable, SelectionKey.OP_READ);
    channel.register(writable, SelectionKey.OP_WRITE);
  }

  void quiet(Duration quiet) {
    quietMillis = quiet.toMillis();
  }

  /** Whether something can be read, or the end is there. */
  boolean hasInput() throws IOException {
    readable.selectNow();
    boolean ready = !readable.selectedKeys().isEmpty();
    readable.selectedKeys().clear();
    return ready;
  }

  private void await(Selector selector) throws IOException {
    long limit = quietMillis;
    long end = System.nanoTime() + limit * 1_000_000;
    while (true) {
      long left = limit == 0 ? 0 : Math.max(1, (end - System.nanoTime()) / 1_000_000);
      int ready = select(selector, left);
      if (ready > 0 || Thread.currentThread().isInterrupted()) {
        // With an interrupt pending, the channel's next call closes it and says so.
        return;
      }
      if (limit != 0 && System.nanoTime() >= end) {
        throw new SocketTimeoutException("nothing came for " + limit / 1000 + " s");
      }
    }
  }

  private static int select(Selector selector, long millis) throws IOException {
    try {
      int ready = selector.select(millis);
      selector.selectedKeys().clear();
      return ready;
    } catch (ClosedSelectorException e) {
      var closed = new AsynchronousCloseException();
      closed.initCause(e);
      throw closed;
    }
  }

  @Override
  public void close() throws IOException {
    try (readable;
        writable) {
      channel.close();
    }
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int n = read(one, 0, 1);
      return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      var buffer = ByteBuffer.wrap(target, offset, length);
      while (true) {
        int n = channel.read(buffer);
        if (n != 0) {
          return n;
        }
        await(readable);
      }
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      var buffer = ByteBuffer.wrap(source, offset, length);
      while (buffer.hasRemaining()) {
        if (channel.write(buffer) == 0) {
          await(writable);
        }
      }
    }
  }
}
