package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests without a system that boot from the network: from a web server, and by TFTP. */
@Tag("slow")
class NetworkBootTest {
  private static final String LOADED = "KELVIN-LOADED-BY-TFTP";
  private static final Path ROMS = Path.of("/usr/lib/ipxe/qemu");

  @TempDir private Path work;
  private TestDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.isDirectory(ROMS), "ipxe-qemu is not installed");
    // What TFTP serves is read by the VM's own user.
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
    daemon = TestDaemon.start();
  }

  @AfterEach
  void end() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
  }

  private void run(String... options) throws IOException, InterruptedException {
    var words = new java.util.ArrayList<>(List.of("run", "--no-wait", "--memory", "256MiB"));
    words.addAll(List.of("--disk", "64MiB", "--cpus", "1"));
    words.addAll(List.of(options));
    var ran = daemon.kelvin(words.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran.output()).isZero();
  }

  /** What iPXE is told; names are relative to where it was loaded from. */
  private static String script(String word) {
    return """
    #!ipxe
    kernel vmlinuz initrd=initrd %s %s
    initrd initrd
    boot
    """
        .formatted(TinyGuest.CMDLINE, word);
  }

  @Test
  void aGuestBootsFromAWebServer() throws Exception {
    TinyGuest guest = TinyGuest.obtain();
    var asked = new CopyOnWriteArrayList<String>();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            asked.add(
                exchange.getRequestURI() + " " + exchange.getRequestHeaders().get("User-Agent"));
            switch (exchange.getRequestURI().getPath()) {
              case "/net/boot.ipxe" ->
                  answer(exchange, script("by=http").getBytes(StandardCharsets.US_ASCII));
              case "/net/vmlinuz" -> answer(exchange, Files.readAllBytes(guest.kernel()));
              case "/net/initrd" -> answer(exchange, Files.readAllBytes(guest.initrd()));
              default -> exchange.sendResponseHeaders(404, -1);
            }
          });
      server.start();
      run("--name", "web", "--netboot", url(server));
      daemon.awaitSerial("web", TinyGuest.READY);
      assertThat(new Typist(daemon, "web").run("cat /proc/cmdline")).contains("by=http");
      assertThat(asked)
          .hasSize(3)
          .allSatisfy(request -> assertThat(request).contains("iPXE"))
          .anySatisfy(request -> assertThat(request).startsWith("/net/boot.ipxe "));
    } finally {
      server.stop(0);
    }
  }

  /** The server as a guest sees it: the host's loopback is its gateway. */
  private static String url(HttpServer server) {
    return "http://10.0.2.2:" + server.getAddress().getPort() + "/net/boot.ipxe";
  }

  private static void answer(HttpExchange exchange, byte[] body) throws IOException {
    exchange.sendResponseHeaders(200, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Test
  void aGuestBootsByTftp() throws Exception {
    TinyGuest guest = TinyGuest.obtain();
    Files.copy(guest.kernel(), work.resolve("vmlinuz"));
    Files.copy(guest.initrd(), work.resolve("initrd"));
    Path script = Files.writeString(work.resolve("boot.ipxe"), script("by=tftp"));
    run("--name", "pxe", "--netboot", script.toString());
    daemon.awaitSerial("pxe", TinyGuest.READY);
    assertThat(new Typist(daemon, "pxe").run("cat /proc/cmdline")).contains("by=tftp");
  }

  @Test
  void uefiBootsByTftp() throws Exception {
    assumeTrue(Files.isReadable(Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd")), "ovmf is missing");
    Path loader = TalkingLoader.make(work, LOADED);
    run("--name", "uefi", "--uefi", "--netboot", loader.toString());
    daemon.awaitSerial("uefi", LOADED);
  }
}
