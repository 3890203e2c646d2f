package dev.kelvin.api;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A server on a Unix socket that answers each connection as a test says, byte by byte. */
public final class ScriptedServer implements Closeable {
  /** What a connection does. */
  @FunctionalInterface
  public interface Script {
    void play(Peer client) throws Exception;
  }

  /** The client as the server sees it. */
  public record Peer(InputStream in, OutputStream out) {
    /** The head of the request, up to and with its empty line. */
    public String head() throws IOException {
      var head = new StringBuilder();
      while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
        int c = in.read();
        if (c < 0) {
          throw new IOException("the client went away after: " + head);
        }
        head.append((char) c);
      }
      return head.toString();
    }

    /** The head and the body with a Content-Length. */
    public String request() throws IOException {
      String head = head();
      for (String line : head.lines().toList()) {
        if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          int length = Integer.parseInt(line.substring(15).strip());
          return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
      }
      return head;
    }

    public void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends each byte by itself. */
    public void trickle(String text) throws IOException {
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        out.write(new byte[] {b});
      }
    }

    public void json(int status, String body) throws IOException {
      String type = status < 400 ? "application/json" : "application/problem+json";
      int length = body.getBytes(StandardCharsets.UTF_8).length;
      send(
          "HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(status, type, length, body));
    }
  }

  private final ServerSocketChannel server;
  private final Path socket;
  private final Thread acceptor;
  private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();

  /** What went wrong in scripts; tests look that it is empty. */
  public final BlockingQueue<Exception> failures = new LinkedBlockingQueue<>();

  public ScriptedServer(Path directory) throws IOException {
    socket = directory.resolve("api.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    acceptor = Thread.ofVirtual().name("scripted-server").start(this::accept);
  }

  public Path socket() {
    return socket;
  }

  /** The next connection that comes does this. */
  public ScriptedServer then(Script script) {
    scripts.add(script);
    return this;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (server.isOpen()) {
          failures.add(e);
        }
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      Script script = scripts.poll();
      if (script == null) {
        throw new IllegalStateException("a connection that no script is for");
      }
      script.play(new Peer(Channels.newInputStream(client), Channels.newOutputStream(client)));
    } catch (Exception e) {
      failures.add(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    try {
      // The socket is shut only when the accepting thread has left it.
      acceptor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
