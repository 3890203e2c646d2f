package dev.kelvin.machine.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A guest's agent that sends more than anybody would want, whatever it is asked. */
public final class FloodingAgent implements AutoCloseable {
  private final ServerSocketChannel server;
  private final AtomicInteger connections = new AtomicInteger();

  public FloodingAgent(Path socket) throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::flood);
  }

  private void flood() {
    try {
      while (true) {
        try (SocketChannel channel = server.accept()) {
          connections.incrementAndGet();
          while (true) {
            channel.write(ByteBuffer.allocate(1 << 20));
          }
        } catch (IOException e) {
          if (!server.isOpen()) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      return; // closed with the test
    }
  }

  /** How often it was connected to. */
  int connections() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
