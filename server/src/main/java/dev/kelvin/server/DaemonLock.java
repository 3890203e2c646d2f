package dev.kelvin.server;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets only one daemon use a set of directories. The kernel drops the lock with the process. */
final class DaemonLock implements AutoCloseable {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final Path file;
  private FileChannel channel;

  private DaemonLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Locks the file anew when somebody has deleted it.
   *
   * @throws dev.kelvin.model.ProblemException conflict when another daemon was faster
   */
  void mend(Layout layout) throws IOException {
    if (!Files.exists(file)) {
      FileChannel deleted = channel;
      channel = take(layout).channel;
      deleted.close();
    }
  }

  /**
   * Takes the lock and notes the pid of this process.
   *
   * @throws dev.kelvin.model.ProblemException conflict when another daemon has it
   */
  static DaemonLock take(Layout layout) throws IOException {
    Path file = layout.pidFile();
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    // Whoever may read a file may lock it, and so keep a daemon from starting.
    if (!OWNER_ONLY.equals(Files.getPosixFilePermissions(file))) {
      Files.setPosixFilePermissions(file, OWNER_ONLY);
    }
    if (tryLock(channel) == null) {
      channel.close();
      String pid = Files.readString(file).strip();
      throw Problem.of(Code.CONFLICT, "Another daemon uses these directories")
          .on(layout.runtime().toString())
          .because(pid.isEmpty() ? "it holds the lock" : "it has pid " + pid)
          .remedy("use that one, end it with \"kelvin down\", or set KELVIN_HOME for another one")
          .asException();
    }
    channel.truncate(0);
    channel.write(
        ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
        0);
    return new DaemonLock(file, channel);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Another daemon in this process has it.
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
  }
}
