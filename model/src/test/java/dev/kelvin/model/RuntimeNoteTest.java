package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's sessions with and without XDG_RUNTIME_DIR have one daemon. */
class RuntimeNoteTest {
  @TempDir private Path directory;
  private Path session;

  @BeforeEach
  void aSession() throws IOException {
    session = Files.createDirectory(directory.resolve("session"));
  }

  private Layout layout(boolean inSession) {
    var environment = Map.of("HOME", directory.resolve("ann").toString());
    return Layout.resolve(
        inSession
            ? Map.of(
                "HOME",
                environment.get("HOME"),
                "XDG_RUNTIME_DIR",
                directory.resolve("session").toString())
            : environment,
        false);
  }

  /** What a daemon makes when it starts, and what it is found by. */
  private static void start(Layout layout) throws IOException {
    OwnerOnly.makeDirectory(layout.state(), "rwx--x--x");
    OwnerOnly.makeDirectory(layout.runtime().resolve("vms"), "rwx--x--x");
    RuntimeNote.write(layout);
    Files.createFile(layout.socket());
  }

  @Test
  void eachSessionFindsTheDaemonOfTheOther() throws IOException {
    Layout without = layout(false);
    assertThat(without.isOfSession()).isTrue();
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    start(without);
    assertThat(layout(true).runtime()).isEqualTo(without.runtime());

    Files.delete(without.socket());
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    start(layout(true));
    assertThat(layout(false).runtime()).isEqualTo(session.resolve("kelvin"));
  }

  @Test
  void theNextDaemonStaysWhereVmsHaveTheirSockets() throws IOException {
    Layout without = layout(false);
    start(without);
    Files.delete(without.socket());
    Files.createDirectory(without.vmRuntime("1"));
    assertThat(layout(true).runtime()).isEqualTo(without.runtime());
  }

  @Test
  void nobodyElseLeadsAClientAway() throws IOException {
    Layout without = layout(false);
    start(without);
    Path note = without.state().resolve("runtime");
    Files.setPosixFilePermissions(note, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    Files.setPosixFilePermissions(note, PosixFilePermissions.fromString("rw-------"));
    assertThat(layout(true).runtime()).isEqualTo(without.runtime());

    Files.setPosixFilePermissions(without.runtime(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    Files.setPosixFilePermissions(without.runtime(), PosixFilePermissions.fromString("rwx--x--x"));

    Path elsewhere = Files.move(note, directory.resolve("note"));
    Files.createSymbolicLink(note, elsewhere);
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    Files.delete(note);
    Files.writeString(note, "x".repeat(10_000));
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
    Files.writeString(note, "relative/kelvin");
    assertThat(layout(true).runtime()).isEqualTo(session.resolve("kelvin"));
  }

  @Test
  void aRunTimeDirectoryOfSomebodyElseIsPassedOver() throws IOException {
    Files.setPosixFilePermissions(session, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(layout(true).runtime()).isEqualTo(directory.resolve("ann/.local/state/run/kelvin"));
  }
}
