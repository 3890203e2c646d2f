package dev.kelvin.server;

import dev.kelvin.model.LockHolder;
import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file that this process has locked. The kernel drops the lock with the process. */
record LockedFile(Path file, FileChannel channel) implements AutoCloseable {
  /** Locks a file, which is made if need be; empty when another process has locked it. */
  static Optional<LockedFile> lock(Path file) throws IOException {
    // A process that closes any descriptor of a file loses its locks on it (fcntl(2)): what is its
    // own already is not even opened.
    if (LockHolder.ofHost().of(file).orElse(-1) == ProcessHandle.current().pid()) {
      return Optional.empty();
    }
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            OwnerOnly.attribute());
    // Whoever may read a file may lock it, and so keep a daemon from starting.
    var _ = OwnerOnly.restrict(file);
    if (tryLock(channel) == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(new LockedFile(file, channel));
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
    channel.close();
  }
}
