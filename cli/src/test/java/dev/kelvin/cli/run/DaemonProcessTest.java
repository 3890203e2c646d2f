package dev.kelvin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonProcessTest {
  private static final Path USUAL = Path.of("/var/lib/kelvin/daemon.log");

  @TempDir Path process;

  @BeforeEach
  void descriptors() throws IOException {
    Files.createDirectory(process.resolve("fd"));
  }

  private String log(String output, String cgroup) throws IOException {
    Files.createSymbolicLink(process.resolve("fd/1"), Path.of(output));
    Files.writeString(process.resolve("cgroup"), cgroup);
    return new DaemonProcess(process).log(USUAL);
  }

  @Test
  void aUnitHasItsLogInTheJournal() throws IOException {
    assertThat(log("socket:[4711]", "0::/system.slice/kelvin.service\n"))
        .isEqualTo("journalctl -u kelvin.service");
  }

  @Test
  void aFileIsTheLogWhoeverStartedTheDaemon() throws IOException {
    assertThat(log("/home/a/k/daemon.log", "0::/system.slice/cron.service\n"))
        .isEqualTo("/home/a/k/daemon.log");
  }

  @Test
  void itIsTheUsualOneWhenNothingElseIsKnown() throws IOException {
    assertThat(log("pipe:[1]", "0::/user.slice/session-1.scope\n")).isEqualTo(USUAL.toString());
    assertThat(new DaemonProcess(process.resolve("gone")).log(USUAL)).isEqualTo(USUAL.toString());
  }

  @Test
  void whatRestoresABackupIsNoDaemon() throws IOException {
    String words = "java\0-cp\0a.jar\0dev.kelvin.server.Main\0";
    Files.writeString(process.resolve("cmdline"), words);
    assertThat(new DaemonProcess(process).tool()).isEmpty();
    Files.writeString(process.resolve("cmdline"), words + "restore\0--replace\0/a\0");
    assertThat(new DaemonProcess(process).tool()).hasValue("restore");
    assertThat(new DaemonProcess(process.resolve("gone")).tool()).isEmpty();
  }

  @Test
  void whatHasEndedDoesNotRunEvenIfItsParentHasNotNoticed() throws IOException {
    Files.writeString(process.resolve("cmdline"), "java\0@/usr/lib/kelvin/daemon.argv\0");
    assertThat(new DaemonProcess(process).runs()).isTrue();
    Files.writeString(process.resolve("cmdline"), "java\0-cp\0a.jar\0dev.kelvin.server.Main\0");
    assertThat(new DaemonProcess(process).runs()).isTrue();
    Files.writeString(process.resolve("cmdline"), "");
    assertThat(new DaemonProcess(process).runs()).isFalse();
    assertThat(new DaemonProcess(process.resolve("gone")).runs()).isFalse();
  }
}
