package dev.kelvin.qemu.testkit;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The other end of a guest's serial port: collects what it writes, and types. */
public final class SerialConsole implements AutoCloseable {
  private final SocketChannel channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private final StringBuilder text = new StringBuilder();
  private int commands;

  private SerialConsole(SocketChannel channel) {
    this.channel = channel;
  }

  public static SerialConsole connect(Path socket) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    var console = new SerialConsole(channel);
    Thread.ofVirtual().start(console::read);
    return console;
  }

  private void read() {
    var buffer = ByteBuffer.allocate(4096);
    try {
      while (channel.read(buffer.clear()) >= 0) {
        append(StandardCharsets.UTF_8.decode(buffer.flip()).toString());
      }
    } catch (IOException e) {
      append("\n[the serial port closed: " + e.getMessage() + "]\n");
    }
  }

  private void append(String more) {
    lock.lock();
    try {
      text.append(more);
      grown.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** All that was seen until now. */
  public String seen() {
    lock.lock();
    try {
      return text.toString();
    } finally {
      lock.unlock();
    }
  }

  public MatchResult await(String pattern, Duration timeout) throws InterruptedException {
    return await(Pattern.compile(pattern), 0, timeout);
  }

  /** Waits until the output from {@code from} on has a match. */
  private MatchResult await(Pattern pattern, int from, Duration timeout)
      throws InterruptedException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        var matcher = pattern.matcher(text);
        if (matcher.find(Math.min(from, text.length()))) {
          return matcher.toMatchResult();
        }
        if (left <= 0) {
          throw new AssertionError(
              "no " + pattern + " on the serial port within " + timeout + ", but:\n" + text);
        }
        left = grown.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  public void type(String keys) throws IOException {
    var bytes = ByteBuffer.wrap(keys.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Runs a command in the shell of a {@link TinyGuest} and gives what it wrote. */
  public String run(String command) throws IOException, InterruptedException {
    int from = seen().length();
    String nonce = "R" + commands++ + "-" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    type(command + "; echo BEGIN-END-$?-" + nonce + "\n");
    var end =
        await(Pattern.compile("(?s)(.*?)BEGIN-END-(\\d+)-" + nonce), from, Duration.ofSeconds(60));
    return end.group(1).replace("\r", "").strip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
