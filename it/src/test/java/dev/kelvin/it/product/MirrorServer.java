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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * A mirror of Debian on the loopback, which guests reach as 10.0.2.2: it passes {@code /debian/} on
 * to the host's own mirror, whose name a guest may not be able to look up, and has the answers for
 * an installer. The host's mirror may be a cache with files of different days, which apt gets along
 * with and installers do not: so {@code Release} and its signature are both made of {@code
 * InRelease}, which is one file; and the installer's own packages can be had as a suite {@value
 * #UDEBS}, whose list is as the mirror has it, and which nobody has signed. A suite {@value #AGENT}
 * has one package only: a guest under software emulation reads the list of all for minutes.
 */
final class MirrorServer implements AutoCloseable {
  /** The suite of the installer's packages without a signature. */
  static final String UDEBS = "udebs";

  /** The suite that has the guest agent and nothing else, without a signature. */
  static final String AGENT = "agent";

  private static final Pattern RELEASE = Pattern.compile("dists/([^/]+)/(Release|Release\\.gpg)");
  private static final String UDEB_LIST = "main/debian-installer/binary-amd64/Packages";
  private static final String LIST = "main/binary-amd64/Packages";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final List<String> missing = new CopyOnWriteArrayList<>();
  private final String mirror;
  private final String suite;

  /**
   * Starts it.
   *
   * @param mirror ends with a slash
   * @param suite that guests install
   * @param answers a preseed file; {@code @ADDRESS@} in it is replaced
   */
  MirrorServer(String mirror, String suite, String answers) throws IOException {
    this.mirror = mirror;
    this.suite = suite;
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
    Matcher release = RELEASE.matcher(path);
    try (exchange) {
      if (path.startsWith("dists/" + UDEBS + "/")) {
        unsigned(exchange, UDEBS, UDEB_LIST, list(UDEB_LIST));
      } else if (path.startsWith("dists/" + AGENT + "/")) {
        unsigned(exchange, AGENT, LIST, only("qemu-guest-agent", list(LIST)));
      } else if (release.matches()) {
        release(exchange, release.group(1), release.group(2).equals("Release"));
      } else {
        pass(exchange, path);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String list(String path) throws IOException, InterruptedException {
    URI uri = URI.create(mirror + "dists/" + suite + "/" + path + ".gz");
    var got = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofInputStream());
    try (var list = new GZIPInputStream(got.body())) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String only(String name, String list) {
    int start = list.indexOf("Package: " + name + "\n");
    assertThat(start).as("the place of " + name + " in the mirror's list").isNotNegative();
    return list.substring(start, list.indexOf("\n\n", start) + 1);
  }

  private static void unsigned(HttpExchange exchange, String name, String path, String list)
      throws IOException {
    String asked = exchange.getRequestURI().getRawPath();
    if (asked.endsWith("/Release")) {
      answer(exchange, releaseOf(name, path, list.getBytes(StandardCharsets.UTF_8)));
    } else if (asked.endsWith("/" + path)) {
      answer(exchange, list);
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
  }

  private static String releaseOf(String name, String path, byte[] list) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(list);
      return "Origin: Debian\nSuite: %1$s\nCodename: %1$s\nComponents: main\nSHA256:\n %2$s %3$d %4$s\n"
          .formatted(name, HexFormat.of().formatHex(hash), list.length, path);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Half of what is signed: the text, or its signature. */
  private void release(HttpExchange exchange, String of, boolean text)
      throws IOException, InterruptedException {
    URI uri = URI.create(mirror + "dists/" + of + "/InRelease");
    var got = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    if (got.statusCode() != 200) {
      exchange.sendResponseHeaders(got.statusCode(), -1);
      return;
    }
    String signed = got.body();
    int signature = signed.indexOf("-----BEGIN PGP SIGNATURE");
    // What is signed begins after the headers, without its last end of line (RFC 9580, 7.2).
    answer(
        exchange,
        text
            ? signed.substring(signed.indexOf("\n\n") + 2, signature - 1)
            : signed.substring(signature));
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
