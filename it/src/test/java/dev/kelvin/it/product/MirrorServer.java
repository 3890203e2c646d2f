package dev.kelvin.it.product;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A mirror of Debian on the loopback, which guests reach as 10.0.2.2: it passes {@code /debian/} on
 * to the host's own mirror, whose name a guest may not be able to look up, and has the answers for
 * an installer.
 */
final class MirrorServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final List<String> missing = new CopyOnWriteArrayList<>();
  private final String mirror;

  /**
   * Starts it.
   *
   * @param mirror ends with a slash
   * @param answers a preseed file; {@code @ADDRESS@} in it is replaced
   */
  MirrorServer(String mirror, String answers) throws IOException {
    this.mirror = mirror;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    String text = answers.replace("@ADDRESS@", address());
    server.createContext("/preseed.cfg", exchange -> answer(exchange, text));
    server.createContext("/debian/", this::forward);
    server.start();
  }

  /** Address and port, for guests. */
  String address() {
    return "10.0.2.2:" + server.getAddress().getPort();
  }

  /** The packages that the mirror was asked for and has not. */
  List<String> missing() {
    return missing;
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private void forward(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath().substring("/debian/".length());
    boolean head = exchange.getRequestMethod().equals("HEAD");
    var request = HttpRequest.newBuilder(URI.create(mirror + path));
    try (exchange) {
      var got =
          client.send((head ? request.HEAD() : request).build(), BodyHandlers.ofInputStream());
      try (InputStream body = got.body()) {
        if (got.statusCode() == 404 && path.endsWith("deb")) {
          missing.add(path);
        }
        boolean found = got.statusCode() == 200;
        long length = got.headers().firstValueAsLong("Content-Length").orElse(0);
        exchange.sendResponseHeaders(got.statusCode(), found && !head ? length : -1);
        if (found && !head) {
          body.transferTo(exchange.getResponseBody());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    client.close();
    threads.close();
  }
}
