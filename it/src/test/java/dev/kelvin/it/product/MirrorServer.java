package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mirror of Debian on the loopback, which guests reach as 10.0.2.2: it passes {@code /debian/} on
 * to the host's own mirror, whose name a guest may not be able to look up, and has the answers for
 * an installer. The host's mirror may be a cache with files of different days, which apt gets along
 * with and installers do not; so {@code Release} and its signature are both made of {@code
 * InRelease}, which is one file, and lists are asked for by the hash that is in there.
 */
final class MirrorServer implements AutoCloseable {
  private static final Pattern LIST = Pattern.compile("dists/([^/]+)/((?!.*by-hash).+)");
  private static final String SIGNATURE = "-----BEGIN PGP SIGNATURE";

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
    Matcher list = LIST.matcher(path);
    try (exchange) {
      if (!list.matches()) {
        pass(exchange, path);
        return;
      }
      String signed = signed(list.group(1));
      switch (list.group(2)) {
        case "InRelease" -> pass(exchange, path);
        case "Release" -> {
          // What is signed begins after the headers, without its last end of line (RFC 9580, 7.2).
          int begin = signed.indexOf("\n\n") + 2;
          answer(exchange, signed.substring(begin, signed.indexOf(SIGNATURE) - 1));
        }
        case "Release.gpg" -> answer(exchange, signed.substring(signed.indexOf(SIGNATURE)));
        default -> pass(exchange, byHash(path, signed, list.group(2)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is in a suite, and its signature; empty lines and a signature of a suite that is not. */
  private String signed(String suite) throws IOException, InterruptedException {
    URI uri = URI.create(mirror + "dists/" + suite + "/InRelease");
    var got = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    return got.statusCode() == 200 ? got.body() : "\n\n\n" + SIGNATURE;
  }

  /** Where the very file is of which the suite tells the hash; its own place if it tells none. */
  private static String byHash(String path, String signed, String name) {
    Matcher hash =
        Pattern.compile("^ ([0-9a-f]{64}) +\\d+ " + Pattern.quote(name) + "$", Pattern.MULTILINE)
            .matcher(signed);
    return hash.find()
        ? path.substring(0, path.lastIndexOf('/')) + "/by-hash/SHA256/" + hash.group(1)
        : path;
  }

  private void pass(HttpExchange exchange, String path) throws IOException, InterruptedException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    var request = HttpRequest.newBuilder(URI.create(mirror + path));
    var got = client.send((head ? request.HEAD() : request).build(), BodyHandlers.ofInputStream());
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
  }

  /** The mirror from which this host itself installs; the test is skipped where there is none. */
  static String ofHost() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/apt-get")), "there is no apt-get");
    Process apt =
        new ProcessBuilder(
                "apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(RELEASE)")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      String text = new String(apt.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(apt.waitFor(1, TimeUnit.MINUTES)).isTrue();
      var found =
          text.lines()
              .map(line -> line.split(" ", -1))
              .filter(words -> words.length == 3 && words[1].equals("Debian"))
              .filter(words -> !words[2].contains("-") && words[0].startsWith("http"))
              .findFirst();
      assumeTrue(found.isPresent(), "apt knows no mirror of Debian");
      return found.orElseThrow()[0];
    } finally {
      apt.destroyForcibly();
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
