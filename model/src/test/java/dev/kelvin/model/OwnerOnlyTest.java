package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerOnlyTest {
  @TempDir private Path directory;

  /** A full btrfs refuses to set even the mode that is there: a daemon did not start on one. */
  @Test
  void aModeThatIsThereIsNotWrittenAgain() throws IOException {
    OwnerOnly.setMode(directory, "rwx--x--x");
    assertThat(mode(directory)).isEqualTo("rwx--x--x");
    Object changed = Files.getAttribute(directory, "unix:ctime");
    OwnerOnly.setMode(directory, "rwx--x--x");
    assertThat(Files.getAttribute(directory, "unix:ctime")).isEqualTo(changed);
    OwnerOnly.setMode(directory, "rwx------");
    assertThat(mode(directory)).isEqualTo("rwx------");
  }

  @Test
  void aDirectoryIsItsOwnersAndOneThatIsThereIsLeftAsItIs() throws IOException {
    Path made = directory.resolve("a/b");
    OwnerOnly.makeDirectory(made);
    assertThat(mode(made)).isEqualTo("rwx------");
    OwnerOnly.setMode(made, "rwxr-x---");
    OwnerOnly.makeDirectory(made);
    assertThat(mode(made)).isEqualTo("rwxr-x---");
  }

  @Test
  void othersPassThroughWhatADirectoryIsInWhateverTheUmask() throws IOException {
    Path made = directory.resolve("home/new/var");
    OwnerOnly.makeDirectory(made, "rwxr-x--x");
    assertThat(mode(made)).isEqualTo("rwxr-x--x");
    assertThat(mode(directory.resolve("home/new"))).isEqualTo("rwx--x--x");
    assertThat(mode(directory.resolve("home"))).isEqualTo("rwx--x--x");
    // What was there is the user's.
    OwnerOnly.setMode(directory.resolve("home"), "rwxr-xr-x");
    OwnerOnly.makeDirectory(directory.resolve("home/other"), "rwx------");
    assertThat(mode(directory.resolve("home"))).isEqualTo("rwxr-xr-x");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
