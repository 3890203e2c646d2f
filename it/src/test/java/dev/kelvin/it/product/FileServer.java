package dev.kelvin.it.product;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server on the loopback that has some files, and remembers who asked for what. */
public final class FileServer implements AutoCloseable {
  private final Map<String, Path> files;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  /**
   * @param files by their paths in addresses
   */
  public FileServer(Map<String, Path> files) throws IOException {
    this.files = Map.copyOf(files);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path + " " + exchange.getRequestHeaders().get("User-Agent"));
    Path file = files.get(path);
    try (exchange) {
      exchange.sendResponseHeaders(file == null ? 404 : 200, file == null ? -1 : Files.size(file));
      if (file != null) {
        Files.copy(file, exchange.getResponseBody());
      }
    }
  }

  /** The address of one of the files, as this host sees it. */
  public URI url(String path) {
    return address("127.0.0.1", path);
  }

  /** The same as a guest sees it: the host's loopback is its gateway. */
  URI guestsUrl(String path) {
    return address("10.0.2.2", path);
  }

  private URI address(String host, String path) {
    return URI.create("http://" + host + ":" + server.getAddress().getPort() + path);
  }

  /** Each path that was asked for, and by which program. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
