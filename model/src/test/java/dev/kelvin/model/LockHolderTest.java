package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockHolderTest {
  @TempDir Path directory;

  @Test
  void aLockOfThisProcessIsFound() throws IOException {
    Path file = Files.createFile(directory.resolve("lock"));
    assertThat(LockHolder.ofHost().of(file)).isEmpty();
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var _ = channel.lock();
      assertThat(LockHolder.ofHost().of(file)).hasValue(ProcessHandle.current().pid());
    }
    assertThat(LockHolder.ofHost().of(file)).isEmpty();
    assertThat(LockHolder.ofHost().of(directory.resolve("none"))).isEmpty();
  }

  /** As on two file systems, or two subvolumes of one. */
  @Test
  void aFileWithTheSameInodeElsewhereIsAnotherFile() throws IOException {
    Path file = Files.createFile(directory.resolve("lock"));
    Path other = Files.createFile(directory.resolve("other"));
    holds(12, file, other);
    assertThat(new LockHolder(directory).of(file)).isEmpty();

    holds(13, file, file);
    assertThat(new LockHolder(directory).of(file)).hasValue(13);
  }

  /** A line of the kernel's that has the inode of a file, and a process that has another open. */
  private void holds(long pid, Path inodeOf, Path open) throws IOException {
    String inode = Files.getAttribute(inodeOf, "unix:ino").toString();
    Files.writeString(
        directory.resolve("locks"),
        "1: POSIX  ADVISORY  WRITE %d 00:2d:%s 0 EOF\n1: -> POSIX  ADVISORY  WRITE 99 00:2d:%s 0 EOF\n"
            .formatted(pid, inode, inode));
    Path descriptors = Files.createDirectories(directory.resolve(pid + "/fd"));
    Files.createSymbolicLink(descriptors.resolve("5"), open);
    Files.createSymbolicLink(descriptors.resolve("6"), Path.of("/nowhere/at/all"));
  }
}
