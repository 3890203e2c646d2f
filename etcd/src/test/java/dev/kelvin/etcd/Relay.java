package dev.kelvin.etcd;

import dev.kelvin.state.store.StoreEngine.Place;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network between a store and etcd that can be cut. */
final class Relay implements AutoCloseable {
  private final URI target;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  Relay(String endpoint) throws IOException {
    target = URI.create(endpoint);
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("relay").start(this::accept);
  }

  Place place(String prefix) {
    return new Place(
        List.of("http://127.0.0.1:" + server.getLocalPort()), null, null, null, prefix);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        open.add(near);
        if (cut) {
          near.close();
          continue;
        }
        var far = new Socket(target.getHost(), target.getPort());
        open.add(far);
        Thread.ofVirtual().start(() -> copy(near, far));
        Thread.ofVirtual().start(() -> copy(far, near));
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      // Either side has hung up, which is what this is for; both are closed now.
      return;
    }
  }

  /** Breaks all connections, and refuses new ones until it is mended. */
  void cut() throws IOException {
    cut = true;
    breakConnections();
  }

  void mend() {
    cut = false;
  }

  /** Breaks all connections; new ones can be made at once. */
  void breakConnections() throws IOException {
    for (Socket socket : List.copyOf(open)) {
      socket.close();
      open.remove(socket);
    }
  }

  @Override
  public void close() throws IOException {
    cut = true;
    server.close();
    breakConnections();
  }
}
