package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.it.product.TestDaemon.Program;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of the daemon that are damaged, half written or not what they should be. */
@Tag("slow")
class BrokenFilesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "etc/kelvin.yaml | 'listen: {address: \"127.0' | kelvin.yaml",
        "etc/kelvin.yaml | 'lisen: {}'                 | lisen",
        "etc/kelvin.yaml | 'listen: 7'                 | listen",
        "var/store.db    | 'this is not a database'    | store.db",
      })
  void isRefusedAndSaysWhichFile(String file, String content, String named)
      throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Path broken = home.resolve(file);
    Files.createDirectories(broken.getParent());
    Files.writeString(broken, content);
    String words = TestDaemon.refusal(home);
    assertThat(words).contains(named).doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource({"etc/kelvin.yaml", "var/store.db"})
  void aDirectoryInTheirPlaceIsRefused(String file) throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Files.createDirectories(home.resolve(file));
    String words = TestDaemon.refusal(home);
    assertThat(words).contains(Path.of(file).getFileName().toString()).doesNotContain("\tat ");
  }

  /** What can be made anew is made anew. */
  @ParameterizedTest
  @CsvSource({"var/doctor.json", "run/daemon.pid", "run/autostarted"})
  void isReplaced(String file) throws IOException {
    Path home = TestDaemon.home("");
    Path broken = home.resolve(file);
    Files.createDirectories(broken.getParent());
    Files.writeString(broken, "{\"half\":");
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      assertThat(daemon.client().info().pid()).isEqualTo(daemon.pid());
      assertThat(daemon.client().host().doctor().checks()).isNotEmpty();
    }
  }

  /**
   * Secrets are not made anew: whoever has them would be locked out. The local API goes on, for
   * whoever mends them.
   */
  @ParameterizedTest
  @CsvSource({"etc/token", "etc/tls.crt", "etc/tls.key"})
  void aSecretThatIsDamagedIsSaid(String file) throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      assertThat(daemon.client().info().certificate()).as("all secrets are made").isNotEmpty();
      daemon.kill();
      Path broken = daemon.home().resolve(file);
      Files.writeString(broken, "");
      daemon.restart();
      Await.until(
          "it says so",
          Duration.ofSeconds(10),
          () -> daemon.log().contains("the API is not served over TLS"));
      assertThat(daemon.log()).contains(broken.toString(), "delete").doesNotContain("\tat ");
      assertThat(daemon.client().info().certificate()).isEmpty();
      assertThat(daemon.kelvin("up", "--detach"))
          .returns(0, TestDaemon.Ran::exitCode)
          .extracting(TestDaemon.Ran::output, STRING)
          .contains("The daemon runs already: pid " + daemon.pid(), broken.toString(), "do: ");
      daemon.create(Guests.empty("works", Guests.stopped()));
      assertThat(Files.readString(broken)).isEmpty();
    }
  }

  @Test
  void aVmsFilesThatAreGoneAreSaid() throws IOException {
    try (TestDaemon daemon = TestDaemon.start()) {
      var disk = Disk.of("one", null, ByteSize.ofMiB(16));
      daemon.create(
          Guests.empty("bare", spec -> Guests.stopped().apply(spec.disks(List.of(disk)))));
      try (var volumes = Files.list(daemon.layout().volumes())) {
        for (Path volume : volumes.toList()) {
          Files.delete(volume);
        }
      }
      var ended = daemon.ended(daemon.client().startVm("bare"));
      var problem = Objects.requireNonNull(ended.problem());
      assertThat(problem.oneLine()).contains("volume");
      assertThat(problem.remedy()).isNotBlank();
    }
  }
}
