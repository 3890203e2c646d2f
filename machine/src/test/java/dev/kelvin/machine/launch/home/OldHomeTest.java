package dev.kelvin.machine.launch.home;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Homes of VMs as versions before 0.2 have left them, and as a hostile guest has. */
class OldHomeTest {
  @TempDir Path directory;

  private Path state;
  private VmFiles files;

  @BeforeEach
  void make() throws IOException {
    state = Files.createDirectory(directory.resolve("state"));
    Path kept = Files.createDirectory(directory.resolve("kept"));
    files = new VmFiles(directory.resolve("run"), state, kept);
  }

  private void move() throws IOException {
    try (var in = GuestDirectory.open(state)) {
      OldHome.move(in, files, 1 << 20);
    }
  }

  @Test
  void logsAndNotesComeToWhereTheyBelong() throws IOException {
    Files.writeString(state.resolve("nvram.key"), "microsoft");
    Files.writeString(state.resolve("serial.log.1"), "older ");
    Files.writeString(state.resolve("serial.log"), "newer");
    Files.writeString(state.resolve("seed.key"), "any");
    move();
    assertThat(files.nvramKey()).hasContent("microsoft");
    assertThat(files.serialLog()).hasContent("older newer");
    assertThat(state).isEmptyDirectory();
  }

  @Test
  void whatIsHereAlreadyIsNotReplacedByWhatAGuestPutsThere() throws IOException {
    Files.writeString(files.nvramKey(), "microsoft");
    Files.writeString(files.serialLog(), "true");
    Files.writeString(state.resolve("nvram.key"), "plain");
    Files.writeString(state.resolve("serial.log"), "false");
    move();
    assertThat(files.nvramKey()).hasContent("microsoft");
    assertThat(files.serialLog()).hasContent("true");
    assertThat(state).isEmptyDirectory();
  }

  @Test
  void whatIsNoFileIsPassedOverAndGoes() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "secret");
    Files.createSymbolicLink(state.resolve("nvram.key"), secret);
    Files.createSymbolicLink(state.resolve("serial.log"), secret);
    Files.createDirectories(state.resolve("seed.key/deep"));
    move();
    assertThat(files.nvramKey()).doesNotExist();
    assertThat(files.serialLog()).doesNotExist();
    assertThat(state).isEmptyDirectory();
    assertThat(secret).hasContent("secret");
  }
}
