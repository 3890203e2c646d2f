package dev.kelvin.machine.guest;

import dev.kelvin.qmp.Dialer;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The daemon's end of a VM's serial port: keeps the log and shares the port among consoles. A
 * thread of its own reads all the time, so that a guest never waits for somebody to look.
 */
public final class SerialHub implements AutoCloseable {
  private static final Logger LOG = System.getLogger(SerialHub.class.getName());

  /** Somebody who looks at the port. */
  public interface Listener {
    void data(byte[] fromGuest);

    void closed(String reason);
  }

  private final SocketChannel channel;
  private final SerialLog log;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock writing = new ReentrantLock();
  private final Thread reader;
  private boolean logFails;

  private SerialHub(SocketChannel channel, SerialLog log, String vm) {
    this.channel = channel;
    this.log = log;
    this.reader = Thread.ofVirtual().name("serial-" + vm).unstarted(this::read);
  }

  /** Connects to the port's socket and begins to read. */
  public static SerialHub connect(
      Dialer dialer, Path socket, Path logFile, long logLimit, String vm) throws IOException {
    SocketChannel channel = dialer.dial(socket);
    SerialLog log;
    try {
      log = new SerialLog(logFile, logLimit);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    var hub = new SerialHub(channel, log, vm);
    hub.reader.start();
    return hub;
  }

  public void add(Listener listener) {
    listeners.add(listener);
    if (!channel.isOpen()) {
      remove(listener, "the serial port is closed");
    }
  }

  public void remove(Listener listener, String reason) {
    if (listeners.remove(listener)) {
      listener.closed(reason);
    }
  }

  /** Types into the port. Waits while the guest does not read. */
  public void send(byte[] toGuest) throws IOException {
    var buffer = ByteBuffer.wrap(toGuest);
    writing.lock();
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } finally {
      writing.unlock();
    }
  }

  private void read() {
    String end = "the VM has ended";
    var buffer = ByteBuffer.allocate(8192);
    try (log;
        channel) {
      while (channel.read(buffer.clear()) >= 0) {
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        keep(bytes);
        for (Listener listener : listeners) {
          listener.data(bytes);
        }
      }
    } catch (AsynchronousCloseException e) {
      end = "the daemon has let go of the serial port";
    } catch (IOException e) {
      end = "the serial port failed: " + e.getMessage();
      LOG.log(Level.WARNING, "serial port of " + reader.getName() + " is lost", e);
    }
    for (Listener listener : listeners) {
      remove(listener, end);
    }
  }

  /** A log that cannot be written, as on a full disk, must not cost the guest its console. */
  private void keep(byte[] bytes) {
    try {
      log.append(bytes);
      logFails = false;
    } catch (IOException e) {
      if (!logFails) {
        LOG.log(Level.WARNING, "the serial log of " + reader.getName() + " is not written", e);
      }
      logFails = true;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      reader.join();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "closing " + reader.getName(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
