package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Power;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever the daemon's starter has: a umask, no locale, a home with odd characters, no patience.
 */
@Tag("slow")
@Timeout(180)
class HostEnvironmentTest {
  private static final int MANY = 400;

  private static TestDaemon.Program by(String script) {
    return new TestDaemon.Program(
        "dev.kelvin.server.Main", List.of(), List.of("sh", "-c", script + "; exec \"$@\"", "sh"));
  }

  private static Path odd() throws IOException {
    return Files.createDirectories(TestDaemon.home("").resolve("a=b c%d"));
  }

  /** Also "=" in the home: QEMU would take it for the end of an option's name. */
  @Test
  void aVmRunsWhateverTheUmaskAndTheHome() throws Exception {
    for (String umask : List.of("077", "0")) {
      Path home = odd();
      try (TestDaemon daemon = TestDaemon.start(by("umask " + umask), home)) {
        daemon.create(Guests.empty("v1", spec -> spec));
        assertThat(writable(home)).isEmpty();
        daemon.clear();
      } finally {
        Files.deleteIfExists(home.getParent());
      }
    }
  }

  /** What others may write to, of what the daemon has made. */
  private static List<Path> writable(Path home) throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      var found = new ArrayList<Path>();
      for (Path file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
        if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE)) {
          found.add(file);
        }
      }
      return found;
    }
  }

  @Test
  void severalClientsAtATimeAreServed() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      var document = VmDocument.of(Guests.empty("many", spec -> spec.power(Power.STOPPED)));
      Callable<String> create =
          () -> {
            try (var client = new Client(new Endpoint.Local(daemon.layout().socket()))) {
              return daemon.done(client.createNumberedVm(document)).object();
            }
          };
      try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
        var made = new ArrayList<String>();
        for (var one : pool.invokeAll(IntStream.range(0, 6).mapToObj(i -> create).toList())) {
          made.add(one.get());
        }
        assertThat(made)
            .containsExactlyInAnyOrderElementsOf(
                IntStream.rangeClosed(1, 6).mapToObj(i -> "vm/many-" + i).toList());
      }
      assertThat(daemon.client().allVms(ListQuery.all()).stream().map(Vm::metadata)).hasSize(6);

      var open = new ArrayList<SocketChannel>();
      try {
        for (int i = 0; i < MANY; i++) {
          var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
          open.add(channel);
          channel.configureBlocking(false);
          // Without room in the queue this fails at once (EAGAIN), and nothing tells when to go on.
          assertThat(channel.connect(UnixDomainSocketAddress.of(daemon.layout().socket())))
              .as("client %d", i)
              .isTrue();
        }
      } finally {
        for (SocketChannel channel : open) {
          channel.close();
        }
      }
      daemon.clear();
    }
  }
}
